"""What is fitted on inner validation subjects and then stands in the model card.

What a laboratory's own model is fitted with too stands in `decide.calibrate`. Here: the band of "uncertain" by
conformal risk control over subjects (Angelopoulos et al. 2022, arXiv 2208.02814), and what a band comes to. None of
these may see a subject that is tested afterwards.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from leukolens.decide.calibrate import ROUNDING, CalibrationError
from leukolens.measure.held_out_metrics import Judged


@dataclass(frozen=True, kw_only=True)
class ThreeAnswers:
    """What ALL, HEM and uncertain come to on cells whose truth is known."""

    answered: float
    """Share of the cells that get ALL or HEM, 0–1."""
    error_answered: float
    """Share of these that is wrong; NaN when none is answered."""
    subject_loss: float
    """Mean over subjects of the share of a subject's cells answered and wrong: what `conformal_band` bounds."""


def conformal_band(
    p_all: NDArray[np.float64], labels: NDArray[np.int64], subjects: Sequence[str], *, threshold: float, error: float
) -> tuple[float, float]:
    """The smallest band [low, high] of p(ALL), both ends included, in which the answer is "uncertain".

    Below it the answer is HEM, above it ALL. The band reaches λ to either side of the threshold in log-odds, and λ is
    the smallest with n/(n+1) · mean loss + 1/(n+1) ≤ error over the n subjects, where a subject's loss is the share of
    its cells answered and wrong. For a new subject exchangeable with these the expected loss is then at most `error`
    (Angelopoulos et al. 2022, Theorem 1; the loss lies in 0–1 and falls as λ grows, as it asks).

    What is not promised: each subject below `error`, or each class (ALL subjects and HEM donors count as they are
    mixed here), or a laboratory whose subjects differ. And the error is a share of all cells: among the answered ones
    it is larger by the share answered, which `three_answers` measures. The threshold should not be chosen on the same
    subjects; where it is, the promise holds only nearly.

    p_all, labels, subjects: (N,). threshold, error: inside 0–1. Raises CalibrationError when n < 1/error − 1: no band,
    not even one over everything, reaches the error then.
    """
    if not 0 < threshold < 1:
        raise CalibrationError(
            f"a threshold of {threshold:g} leaves no room for a band", hint="Choose one between 0 and 1"
        )
    _, subject, cells = np.unique(np.array(subjects), return_inverse=True, return_counts=True)
    n = len(cells)
    if 1 / (n + 1) > error + ROUNDING:
        raise CalibrationError(
            f"{n} subjects cannot hold an error of {error:g}",
            hint=f"Give at least {math.ceil(1 / error - 1 - ROUNDING)} subjects, or allow {1 / (n + 1):.3f} or more",
        )
    allowed = max(0.0, error * (n + 1) / n - 1 / n)
    wrong = (p_all >= threshold) != (labels == 1)
    distance = np.abs(logit(p_all[wrong]) - logit(threshold))
    reaches, place = np.unique(np.append(distance, 0.0), return_inverse=True)
    loss = np.bincount(place[:-1], 1 / (n * cells[subject[wrong]]), len(reaches))
    remaining = loss.sum() - np.cumsum(loss)
    reach = reaches[np.argmax(remaining <= allowed + ROUNDING)]
    inside = p_all[wrong][distance <= reach]  # rounding must not put the outermost of them outside the band
    low = min(float(expit(logit(threshold) - reach)), threshold, float(inside.min(initial=1)))
    high = max(float(expit(logit(threshold) + reach)), threshold, float(inside.max(initial=0)))
    return low, high


def three_answers(judged: Judged, *, threshold: float, band: tuple[float, float]) -> ThreeAnswers:
    """Measure a band on cells, in the end on those of tested subjects."""
    low, high = band
    answered = (judged.p_all < low) | (judged.p_all > high)
    wrong = answered & ((judged.p_all >= threshold) != (judged.labels == 1))
    _, subject, cells = np.unique(np.array(judged.subjects), return_inverse=True, return_counts=True)
    return ThreeAnswers(
        answered=float(answered.mean()),
        error_answered=float(wrong.sum() / answered.sum()) if answered.any() else math.nan,
        subject_loss=float((np.bincount(subject, wrong) / cells).mean()),
    )

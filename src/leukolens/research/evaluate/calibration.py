"""What is fitted on inner validation subjects and then stands in the model card.

Temperature (Guo et al. 2017, arXiv 1706.04599), the operating point for a stated sensitivity, the band of "uncertain"
by conformal risk control over subjects (Angelopoulos et al. 2022, arXiv 2208.02814), and the hues that are known. None
of these may see a subject that is tested afterwards.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit

from leukolens.base.errors import LeukoLensError
from leukolens.measure.held_out_metrics import Judged

TEMPERATURES = (0.1, 10.0)
"""Bounds of a fitted temperature."""
SPREAD = math.log(2) / 2
"""Standard deviation of the logarithm of a temperature before anything is seen: 95 % lie between a half and 2."""
HUE_MARGIN = 1.0
"""Degrees: the standard error of the mean of some 20 cells; within a subject hues deviate by 2 to 5. Without it, a
training subject that lies at an end is outside when one of its cells is missing."""
_ROUNDING = 1e-12


class CalibrationError(LeukoLensError):
    """Cells or subjects on which nothing can be calibrated as asked."""


@dataclass(frozen=True, kw_only=True)
class ThreeAnswers:
    """What ALL, HEM and uncertain come to on cells whose truth is known."""

    answered: float
    """Share of the cells that get ALL or HEM, 0–1."""
    error_answered: float
    """Share of these that is wrong; NaN when none is answered."""
    subject_loss: float
    """Mean over subjects of the share of a subject's cells answered and wrong: what `conformal_band` bounds."""


def fit_temperature(
    logits: NDArray[np.floating],
    labels: NDArray[np.int64],
    subjects: Sequence[str],
    *,
    spread: float = SPREAD,
) -> float:
    """The likeliest T for which sigmoid(logits / T) is the probability of ALL.

    A subject's cells err together, so each subject counts as one observation, the mean of its cells' log-likelihood;
    before any of them the logarithm of T is normal around 0 with this spread. Without that, one donor of 14 judged
    wrongly as a whole makes T 2.3 instead of 1.3. spread: math.inf for the maximum of the likelihood alone.

    logits: (N,) log-odds of ALL. labels: (N,) 0 HEM, 1 ALL. subjects: (N,). T stays within TEMPERATURES. Raises
    CalibrationError when a class is missing.
    """
    _need_classes(labels)
    signed = np.where(labels == 1, logits, -logits).astype(np.float64)
    weights = once_each(subjects)

    def loss(log_temperature: float) -> float:
        misfit = np.logaddexp(0, -signed / math.exp(log_temperature)) @ weights
        return float(misfit + (log_temperature / spread) ** 2 / 2)

    bounds = tuple(math.log(temperature) for temperature in TEMPERATURES)
    inside = math.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-7}).x)
    return float(min((*TEMPERATURES, inside), key=lambda temperature: loss(math.log(temperature))))


def once_each(subjects: Sequence[str]) -> NDArray[np.float64]:
    """(N,) weights of cells under which every subject counts once: those of one subject's cells add up to 1."""
    _, subject, cells = np.unique(np.array(subjects), return_inverse=True, return_counts=True)
    return np.asarray(1 / cells[subject])


def threshold_for_sensitivity(
    p_all: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    sensitivity: float,
    weights: NDArray[np.float64] | None = None,
) -> float:
    """The highest threshold at which this share of the ALL cells is called ALL: p(ALL) of the last of them.

    sensitivity: above 0, at most 1. weights: (N,), default 1. Raises CalibrationError when there is no ALL cell.
    """
    is_all = labels == 1
    if not is_all.any():
        raise CalibrationError("there is no ALL cell", hint="Calibrate on subjects of both classes")
    found = p_all[is_all]
    order = np.argsort(-found, kind="stable")
    reached = np.cumsum((np.ones(len(p_all)) if weights is None else weights)[is_all][order])
    return float(found[order][np.searchsorted(reached, (sensitivity - _ROUNDING) * reached[-1])])


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
        raise CalibrationError(f"a threshold of {threshold:g} leaves no room for a band", hint="Choose one inside 0–1")
    _, subject, cells = np.unique(np.array(subjects), return_inverse=True, return_counts=True)
    n = len(cells)
    if 1 / (n + 1) > error + _ROUNDING:
        raise CalibrationError(
            f"{n} subjects cannot hold an error of {error:g}",
            hint=f"Give at least {math.ceil(1 / error - 1 - _ROUNDING)} subjects, or allow {1 / (n + 1):.3f} or more",
        )
    allowed = max(0.0, error * (n + 1) / n - 1 / n)
    wrong = (p_all >= threshold) != (labels == 1)
    distance = np.abs(logit(p_all[wrong]) - logit(threshold))
    reaches, place = np.unique(np.append(distance, 0.0), return_inverse=True)
    loss = np.bincount(place[:-1], 1 / (n * cells[subject[wrong]]), len(reaches))
    remaining = loss.sum() - np.cumsum(loss)
    reach = reaches[np.argmax(remaining <= allowed + _ROUNDING)]
    inside = p_all[wrong][distance <= reach]  # rounding must not put the outermost of them outside the band
    low = min(float(expit(logit(threshold) - reach)), threshold, float(inside.min(initial=1)))
    high = max(float(expit(logit(threshold) + reach)), threshold, float(inside.max(initial=0)))
    return low, high


def widened_band(
    p_all: NDArray[np.float64],
    labels: NDArray[np.int64],
    *,
    threshold: float,
    error: float,
    band: tuple[float, float] | None = None,
) -> tuple[float, float]:
    """The smallest band around the threshold and `band`, outside which at most `error` of the answers is wrong.

    `conformal_band` bounds the share of all cells that is answered wrongly; a reader asks about the answers.
    Both ends lie equally far from the threshold in log-odds. Where no band keeps the error, it holds every cell.
    """
    distance = np.abs(logit(np.clip(p_all, 1e-7, 1 - 1e-7)) - logit(threshold))
    if band is not None:
        distance = np.where((p_all >= band[0]) & (p_all <= band[1]), 0.0, distance)
    wrong = (p_all >= threshold) != (labels == 1)
    order = np.argsort(-distance, kind="stable")
    rates = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    ends = np.append(distance[order][1:] < distance[order][:-1], True) & (distance[order] > 0)
    kept = np.flatnonzero(ends & (rates <= error + _ROUNDING))
    inside = np.delete(p_all, order[: kept[-1] + 1]) if len(kept) else p_all
    low, high = (threshold, threshold) if band is None else band
    return min(low, float(inside.min(initial=1))), max(high, float(inside.max(initial=0)))


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


def hue_range(hues: NDArray[np.float64], subjects: Sequence[str]) -> tuple[float, float]:
    """Lowest and highest mean hue of a subject, and HUE_MARGIN beyond, degrees, for `ShareRule.hues`.

    hues, subjects: (N,) of cells. The next subject like these n would lie outside with a chance of at most 2 in n + 1.
    """
    _, subject, cells = np.unique(np.array(subjects), return_inverse=True, return_counts=True)
    means = np.bincount(subject, hues) / cells
    return float(means.min()) - HUE_MARGIN, float(means.max()) + HUE_MARGIN


def _need_classes(labels: NDArray[np.int64]) -> None:
    if len(np.unique(labels)) < 2:
        raise CalibrationError("the cells are all of one class", hint="Calibrate on subjects of both classes")

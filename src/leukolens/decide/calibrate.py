"""Held-out cells' log-odds → what stands in a model card: temperature, threshold, band and known hues. numpy only.

Temperature: Guo et al. 2017 (arXiv 1706.04599). None of these may see a subject that is tested afterwards.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from leukolens.base.errors import LeukoLensError

TEMPERATURES = (0.1, 10.0)
"""Bounds of a fitted temperature."""
SPREAD = math.log(2) / 2
"""Standard deviation of the logarithm of a temperature before anything is seen: 95 % lie between a half and 2."""
HUE_MARGIN = 1.0
"""Degrees: the standard error of the mean of some 20 cells; within a subject hues deviate by 2 to 5. Without it, a
training subject that lies at an end is outside when one of its cells is missing."""
_NEAR = 1e-8
ROUNDING = 1e-12
"""Of a share, that floating point may take."""


class CalibrationError(LeukoLensError):
    """Cells or subjects on which nothing can be calibrated as asked."""


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

    low, high = (math.log(temperature) for temperature in TEMPERATURES)
    inside = math.exp(_lowest(loss, low, high))
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

    sensitivity: above 0, at most 1. weights: (N,), default 1. Raises CalibrationError when there are no ALL cells.
    """
    is_all = labels == 1
    if not is_all.any():
        raise CalibrationError("there are no ALL cells", hint="Calibrate on subjects of both classes")
    found = p_all[is_all]
    order = np.argsort(-found, kind="stable")
    reached = np.cumsum((np.ones(len(p_all)) if weights is None else weights)[is_all][order])
    return float(found[order][np.searchsorted(reached, (sensitivity - ROUNDING) * reached[-1])])


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
    kept = np.flatnonzero(ends & (rates <= error + ROUNDING))
    inside = np.delete(p_all, order[: kept[-1] + 1]) if len(kept) else p_all
    low, high = (threshold, threshold) if band is None else band
    return min(low, float(inside.min(initial=1))), max(high, float(inside.max(initial=0)))


def hue_range(hues: NDArray[np.float64], subjects: Sequence[str]) -> tuple[float, float]:
    """Lowest and highest mean hue of a subject, and HUE_MARGIN beyond, degrees, for `ShareRule.hues`.

    hues, subjects: (N,) of cells. The next subject like these n would lie outside with a chance of at most 2 in n + 1.
    """
    _, subject, cells = np.unique(np.array(subjects), return_inverse=True, return_counts=True)
    means = np.bincount(subject, hues) / cells
    return max(0.0, float(means.min()) - HUE_MARGIN), min(360.0, float(means.max()) + HUE_MARGIN)


def _need_classes(labels: NDArray[np.int64]) -> None:
    if len(np.unique(labels)) < 2:
        raise CalibrationError("the cells are all of one class", hint="Calibrate on subjects of both classes")


def logit(p: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Probability inside 0–1 → log-odds."""
    return np.asarray(np.log(p) - np.log1p(-np.asarray(p)))


def _lowest(loss: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is lowest between two places, within 1e-8, by golden sections."""
    golden = (math.sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > _NEAR:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = loss(right)
    return (low + high) / 2

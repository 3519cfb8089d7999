"""Cells of held-out subjects → the rule by which a patient's cells become a share of blasts. numpy only.

Each subject's log-odds of a class are summed up by their mean (location) and the logarithm of their standard deviation
(spread). Over the subjects of a class both are taken as normal, and the next subject's as Student's t: with n subjects,
and a weak prior worth PRIOR_SUBJECTS more, the t of n − 1 + PRIOR_SUBJECTS degrees of freedom around the mean, wider by
√(1 + 1/n) (Gelman et al. 2013, Bayesian Data Analysis, ch. 3.3). Few donors thus make wide intervals by themselves. The
rule's rows are the bins of normal log-odds at evenly spaced quantiles of both.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from leukolens.decide.calibrate import CalibrationError, logit
from leukolens.decide.share import ShareRule

EDGES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95)
"""p(ALL) that part the bins."""
LOCATIONS, SPREADS = 13, 3
"""Quantiles of a subject's location and spread: 39 rows a class."""
WORTH, SUPPORT = 35.0, 0.05
"""Of `ShareRule`; chosen so that the interval covers on subjects of the other fold (docs/results/blast-share.md)."""
PRIOR_SUBJECTS = 3
"""What the prior below is worth; without it 3 donors alike would make a t of 2 degrees around almost no deviation."""
PRIOR_LOCATION, PRIOR_SPREAD = 1.5, 0.3
"""Standard deviation, over subjects, of the location (log-odds) and the log of the spread, before anything is seen."""
MIN_CELLS = 5
"""Of a subject that is fitted on; fewer tell nothing of its spread."""
_TYPICAL_CELLS = 10
"""Of a typical subject's spread, that are added to each subject's own: nine cells tell a spread badly."""
_FLOOR = 0.002
"""Least share of a bin: a cell that no row expects must not decide by itself."""


_ANGLES = 20_001
"""On which Student's t is summed up: its quantiles are then right to 1e-6."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The cells of one class of one subject, by their log-odds of ALL after the temperature."""

    cells: int
    location: float
    """Mean of the log-odds."""
    spread: float
    """Their standard deviation."""


def fit_share_rule(
    blasts: Sequence[Subject],
    normal: Sequence[Subject],
    *,
    edges: tuple[float, ...] = EDGES,
    hues: tuple[float, float] | None = None,
) -> ShareRule:
    """blasts, normal: held-out subjects of each class, answered by models that had not seen them.

    Raises CalibrationError when a class has fewer than two subjects.
    """
    for name, subjects in (("ALL", blasts), ("HEM", normal)):
        if len(subjects) < 2:
            raise CalibrationError(
                f"only {len(subjects)} {name} subjects have {MIN_CELLS} cells or more",
                hint=f"Calibrate on at least 2 {name} subjects with {MIN_CELLS} cells each",
            )
    of_blasts, of_normal = (
        tuple(tuple(row) for row in _rows(one, edges).round(6).tolist()) for one in (blasts, normal)
    )
    return ShareRule(edges=edges, blasts=of_blasts, normal=of_normal, worth=WORTH, support=SUPPORT, hues=hues)


def subjects_of_class(
    p_all: NDArray[np.float64], labels: NDArray[np.int64], subjects: Sequence[str], label: int
) -> list[Subject]:
    """p_all: (N,) after the temperature. Those cells of the class, subject by subject, from MIN_CELLS cells."""
    names = np.array(subjects)
    found = [p_all[(names == name) & (labels == label)] for name in np.unique(names)]
    return [subject_of(one) for one in found if len(one) >= MIN_CELLS]


def subject_of(p_all: NDArray[np.float64]) -> Subject:
    """p_all: (N,) of one subject's cells of one class, at least MIN_CELLS."""
    odds = logit(np.clip(p_all, 1e-6, 1 - 1e-6))
    return Subject(cells=len(odds), location=float(odds.mean()), spread=float(odds.std(ddof=1)))


def _rows(subjects: Sequence[Subject], edges: tuple[float, ...]) -> NDArray[np.float64]:
    """(LOCATIONS · SPREADS, bins) of plausible subjects like these."""
    cells = np.array([one.cells for one in subjects])
    variances = np.array([one.spread for one in subjects]) ** 2
    pooled = (variances * (cells - 1) + np.median(variances) * _TYPICAL_CELLS) / (cells - 1 + _TYPICAL_CELLS)
    locations = _plausible(np.array([one.location for one in subjects]), PRIOR_LOCATION, LOCATIONS)
    spreads = np.exp(_plausible(np.log(np.maximum(pooled, 1e-4)) / 2, PRIOR_SPREAD, SPREADS))
    shares = bin_shares(locations[:, None, None], spreads[:, None], edges).reshape(-1, len(edges) + 1)
    return np.asarray((shares + _FLOOR) / (1 + _FLOOR * shares.shape[1]))


def bin_shares(
    location: float | NDArray[np.float64], spread: float | NDArray[np.float64], edges: tuple[float, ...]
) -> NDArray[np.float64]:
    """How normal log-odds spread over the bins. Arrays must broadcast with (…, 1); returns (…, bins)."""
    below = _normal((logit(np.array(edges)) - location) / spread)
    return np.asarray(np.diff(below, axis=-1, prepend=0, append=1))


def _plausible(values: NDArray[np.float64], prior: float, count: int) -> NDArray[np.float64]:
    """Evenly spaced quantiles of the next subject's value."""
    n = len(values)
    freedom = n - 1 + PRIOR_SUBJECTS
    variance = (((values - values.mean()) ** 2).sum() + PRIOR_SUBJECTS * prior**2) / freedom
    quantiles = (np.arange(count) + 0.5) / count
    return np.asarray(values.mean() + np.sqrt(variance * (1 + 1 / n)) * _student(quantiles, freedom))


_NORMAL = np.vectorize(NormalDist().cdf, otypes=[np.float64])


def _normal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the normal distribution below each value."""
    return np.asarray(_NORMAL(values))


def _student(quantiles: NDArray[np.float64], freedom: float) -> NDArray[np.float64]:
    """Student's t at these quantiles. Its value is √freedom · tan θ, and θ has the density cos^(freedom − 1)."""
    angles = np.linspace(-math.pi / 2, math.pi / 2, _ANGLES)
    density = np.maximum(np.cos(angles), 0) ** (freedom - 1)
    below = np.append(0, np.cumsum(density[1:] + density[:-1]))
    return np.asarray(math.sqrt(freedom) * np.tan(np.interp(quantiles, below / below[-1], angles)))

"""Cells of held-out subjects → the rule by which a patient's cells become a share of blasts (`decide.share`).

Each subject's log-odds of a class are summed up by their mean (location) and the logarithm of their standard deviation
(spread). Over the subjects of a class both are taken as normal, and the next subject's as Student's t: with n subjects,
and a weak prior worth PRIOR_SUBJECTS more, the t of n − 1 + PRIOR_SUBJECTS degrees of freedom around the mean, wider by
√(1 + 1/n) (Gelman et al. 2013, Bayesian Data Analysis, ch. 3.3). Few donors thus make wide intervals by themselves. The
rule's rows are the bins of normal log-odds at evenly spaced quantiles of both.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from scipy.stats import norm, t

from leukolens.decide.share import ShareRule
from leukolens.research.evaluate.calibration import CalibrationError
from leukolens.research.evaluate.held_out_metrics import Judged

EDGES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95)
"""p(ALL) that part the bins. Of 4 to 16 bins none did better (`studies/mixtures.py`)."""
LOCATIONS, SPREADS = 13, 3
"""Quantiles of a subject's location and spread: 39 rows a class."""
WORTH, SUPPORT = 50.0, 0.05
"""Of `ShareRule`; chosen so that the interval covers on subjects of the other fold."""
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


def fit_share_rule(
    judged: Judged, *, hues: tuple[float, float] | None = None, worth: float = WORTH, support: float = SUPPORT
) -> ShareRule:
    """judged: cells with their p(ALL) after the temperature, by models that had not seen their subjects.

    The blasts are the cells labelled ALL, of whatever subject. Raises CalibrationError when a class has fewer than two
    subjects with MIN_CELLS cells.
    """
    rows = {}
    for label, name in ((1, "ALL"), (0, "HEM")):
        found = _log_odds(judged, label)
        if len(found) < 2:
            hint = f"Calibrate on at least 2 {name} subjects of {MIN_CELLS} cells"
            raise CalibrationError(f"{len(found)} {name} subjects have {MIN_CELLS} cells", hint=hint)
        rows[name] = tuple(tuple(row) for row in _rows(found).round(6).tolist())
    return ShareRule(edges=EDGES, blasts=rows["ALL"], normal=rows["HEM"], worth=worth, support=support, hues=hues)


def _log_odds(judged: Judged, label: int) -> list[NDArray[np.float64]]:
    """A class's log-odds, subject by subject."""
    subjects = np.array(judged.subjects)
    odds = logit(np.clip(judged.p_all, 1e-6, 1 - 1e-6))
    found = [odds[(subjects == name) & (judged.labels == label)] for name in np.unique(subjects)]
    return [one for one in found if len(one) >= MIN_CELLS]


def _rows(subjects: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """(LOCATIONS · SPREADS, bins) of plausible subjects like these."""
    cells = np.array([len(one) for one in subjects])
    variances = np.array([one.var(ddof=1) for one in subjects])
    typical = np.median(variances)
    pooled = (variances * (cells - 1) + typical * _TYPICAL_CELLS) / (cells - 1 + _TYPICAL_CELLS)
    locations = _plausible(np.array([one.mean() for one in subjects]), PRIOR_LOCATION, LOCATIONS)
    spreads = np.exp(_plausible(np.log(np.maximum(pooled, 1e-4)) / 2, PRIOR_SPREAD, SPREADS))
    below = norm.cdf((logit(EDGES) - locations[:, None, None]) / spreads[:, None]).reshape(-1, len(EDGES))
    shares = np.diff(below, axis=1, prepend=0, append=1)
    return np.asarray((shares + _FLOOR) / (1 + _FLOOR * shares.shape[1]))


def _plausible(values: NDArray[np.float64], prior: float, count: int) -> NDArray[np.float64]:
    """Evenly spaced quantiles of the next subject's value."""
    n = len(values)
    freedom = n - 1 + PRIOR_SUBJECTS
    variance = (((values - values.mean()) ** 2).sum() + PRIOR_SUBJECTS * prior**2) / freedom
    quantiles = (np.arange(count) + 0.5) / count
    return np.asarray(values.mean() + np.sqrt(variance * (1 + 1 / n)) * t.ppf(quantiles, freedom))

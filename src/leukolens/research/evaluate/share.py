"""Subjects for `decide.fit_share`: from judged cells, and from what an experiment keeps of a subject."""

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from leukolens.decide.fit_share import (
    EDGES,
    LOCATIONS,
    PRIOR_SPREAD,
    SPREADS,
    Subject,
    bin_shares,
    fit_share_rule,
    subjects_of_class,
)
from leukolens.research.evaluate.held_out_metrics import Judged

__all__ = [
    "EDGES",
    "LOCATIONS",
    "SPREADS",
    "Subject",
    "bin_shares",
    "fit_share_rule",
    "subject_of_summary",
    "subjects_of",
]

USUAL_SPREAD = 1.4
"""Of a subject's log-odds: the median of the 84 that are fitted on (two seeds of 42)."""
_MEAN_ERROR = 0.3
"""Standard deviation of one cell's p(ALL) within a subject, at most."""


def subjects_of(judged: Judged, label: int) -> list[Subject]:
    """judged: cells with p(ALL) after the temperature. Those of the class, subject by subject, from MIN_CELLS cells."""
    return subjects_of_class(judged.p_all, judged.labels, judged.subjects, label)


def subject_of_summary(called: int, cells: int, mean_p: float, *, threshold: float) -> Subject:
    """From what an experiment keeps of a subject: cells called ALL of all its cells, and their mean p(ALL).

    Of the normal distributions of log-odds that give the share called ALL (half a cell stands in for none), the one
    that is likeliest by the mean p(ALL) and by a prior of the spread: its logarithm is normal around that of
    USUAL_SPREAD. Two numbers leave the spread open where the mean p(ALL) lies near the threshold; the prior closes it.
    """
    share = (called + 0.5 * (called == 0) - 0.5 * (called == cells)) / cells
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    spreads = np.geomspace(0.2, 8, 400)
    locations = logit(threshold) + norm.ppf(share) * spreads
    means = expit(locations[:, None] + spreads[:, None] * nodes) @ (weights / weights.sum())
    misfit = ((means - mean_p) / _MEAN_ERROR) ** 2 * cells + (np.log(spreads / USUAL_SPREAD) / PRIOR_SPREAD) ** 2
    best = int(misfit.argmin())
    return Subject(cells=cells, location=float(locations[best]), spread=float(spreads[best]))

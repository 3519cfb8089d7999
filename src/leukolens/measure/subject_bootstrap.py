"""95 % intervals of `held_out_metrics` from a bootstrap over subjects, and the table of subjects with the worst on top.

Whole subjects are drawn with replacement, within each stratum: those with ALL cells only, with HEM cells only, with
both. A draw has as many of each as the test, so none loses a class. Percentile intervals (Efron and Tibshirani 1993,
ch. 13; the cluster bootstrap of Field and Welsh 2007).

What an interval is not: a promise about the next donor. It knows only how much the subjects of this test differ from
each other. Fold 1 of C-NMC has 3 HEM donors, which make 10 different draws of donors: the interval of a specificity
then runs hardly beyond the worst and the best of the three, covers less than 95 %, and says nothing about a fourth
donor unlike them. A stratum of one subject does not vary at all. Read an interval beside the number of subjects.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukolens.images.cnmc_names import LABELS, Label
from leukolens.measure.held_out_metrics import Judged, aurocs, metrics

DRAWS = 2000


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric and its 95 % interval over subjects; NaN where it is undefined."""

    value: float
    """On the cells as they are."""
    low: float
    """2.5 % quantile of the draws in which the metric is defined."""
    high: float
    """97.5 % quantile."""


@dataclass(frozen=True, kw_only=True)
class SubjectRow:
    """One subject's cells of one class; a subject with both classes has two rows."""

    subject: str
    label: Label
    cells: int
    right: float
    """Share judged rightly: the subject's sensitivity when 'all', its specificity when 'hem'."""
    mean_p_all: float
    """Mean probability of ALL."""


def subject_weights(judged: Judged, *, seed: int, draws: int = DRAWS) -> NDArray[np.float64]:
    """(draws, N): how often each cell's subject was drawn.

    Two systems judged on the same cells in the same order are compared pair by pair under the same weights: the
    difference of their `metrics`, draw by draw.
    """
    names, subject = np.unique(np.array(judged.subjects), return_inverse=True)
    has_all = np.bincount(subject, judged.labels == 1) > 0
    has_hem = np.bincount(subject, judged.labels == 0) > 0
    random = np.random.default_rng(seed)
    counts = np.zeros((draws, len(names)))
    for stratum in (has_all & ~has_hem, has_hem & ~has_all, has_all & has_hem):
        size = int(stratum.sum())
        if size:
            counts[:, stratum] = random.multinomial(size, np.full(size, 1 / size), draws)
    return counts[:, subject]


def intervals(judged: Judged, *, threshold: float, seed: int, draws: int = DRAWS) -> dict[str, Metric]:
    """Every metric of `held_out_metrics.metrics` with its interval. See above for what the interval is not."""
    values = metrics(judged, np.ones((1, len(judged.labels))), threshold=threshold)
    drawn = metrics(judged, subject_weights(judged, seed=seed, draws=draws), threshold=threshold)
    return {name: metric_of(float(value[0]), drawn[name]) for name, value in values.items()}


def metric_of(value: float, drawn: NDArray[np.float64]) -> Metric:
    defined = drawn[~np.isnan(drawn)]
    low, high = np.quantile(defined, (0.025, 0.975)) if defined.size else (np.nan, np.nan)
    return Metric(value=value, low=float(low), high=float(high))


def auroc_gain(one: Judged, other: Judged, *, seed: int, draws: int = DRAWS) -> Metric:
    """The first's AUROC less the second's on the same cells, in the same order, each draw of subjects giving both."""
    value = [aurocs(each.labels, each.p_all, np.ones((1, len(each.labels))))[0] for each in (one, other)]
    weights = subject_weights(one, seed=seed, draws=draws)
    drawn = [aurocs(each.labels, each.p_all, weights) for each in (one, other)]
    return metric_of(float(value[0] - value[1]), drawn[0] - drawn[1])


def per_subject(judged: Judged, *, threshold: float) -> tuple[SubjectRow, ...]:
    """A row for each subject and class, the worst judged first; among equals the one with more cells."""
    right = (judged.p_all >= threshold) == (judged.labels == 1)
    subjects = np.array(judged.subjects)
    rows = []
    for name in np.unique(subjects):
        for number, label in enumerate(LABELS):
            cells = (subjects == name) & (judged.labels == number)
            if cells.any():
                row = SubjectRow(
                    subject=str(name),
                    label=label,
                    cells=int(cells.sum()),
                    right=float(right[cells].mean()),
                    mean_p_all=float(judged.p_all[cells].mean()),
                )
                rows.append(row)
    return tuple(sorted(rows, key=lambda row: (row.right, -row.cells, row.subject)))

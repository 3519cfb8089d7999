"""Metrics of cells of held-out subjects, under D weightings of the cells at once: labels and p(ALL) in, numbers out.

Weights of 1 give the point estimate and those of `subject_bootstrap` every draw, by the same code. The definitions are
scikit-learn's with `sample_weight`, and tests hold them to it; the calibration error is that of Guo et al. 2017
(arXiv 1706.04599) with p(ALL) in the place of the confidence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Of the calibration error and the reliability diagram, of equal width over 0–1; 1 belongs to the last."""
LIKE_AREA = 0.1
"""Two cells are of like area when they differ by less than this share of the larger."""

_AT_ONCE = 2**19
"""Weights worked on at once: 4 MB an array, so that memory does not grow with the number of draws."""
_ROUNDING = 1e-9
"""Share of a class that floating point may take from a stated sensitivity or specificity."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a model said of N cells whose truth is known."""

    labels: NDArray[np.int64]
    """(N,) 0 HEM, 1 ALL."""
    p_all: Floats
    """(N,) probability of ALL."""
    subjects: tuple[str, ...]
    """(N,) patient or donor of each cell."""
    areas: Floats
    """(N,) area of each cell in pixels of the original; NaN where unknown, and then in no pair of like area."""


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """A reliability diagram's bins, lowest p(ALL) first."""

    mean_p: Floats
    """(bins,) mean p(ALL) of the bin's cells; NaN in an empty bin."""
    share_all: Floats
    """(bins,) share of its cells that are ALL; NaN in an empty bin."""
    count: NDArray[np.int64]
    """(bins,) its cells."""


def metrics(judged: Judged, weights: Floats, *, threshold: float) -> dict[str, Floats]:
    """Every metric under every weighting.

    weights: (D, N) of the cells, ≥ 0. threshold: p(ALL) from which the verdict is ALL. Returns (D,) for each name;
    NaN where a metric is undefined because a class, or every pair of like area, weighs nothing.

    The metrics at a stated sensitivity or specificity are those of the best threshold that reaches it on these very
    cells, without interpolation: they flatter a little, as every laboratory would have to find that threshold first.
    """
    order, ends = _ranking(judged.p_all)
    pairs = _like_area_pairs(judged, *_groups(judged, weights))
    found = []
    for rows in _chunks(weights):
        at_threshold = _at_threshold(judged, rows, threshold)
        ranking = _along_ranking(judged.labels[order], rows[:, order], ends)
        found.append(at_threshold | ranking | _calibration(judged, rows) | {"auroc_area_matched": pairs.auroc(rows)})
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def aurocs(labels: NDArray[np.int64], p_all: Floats, weights: Floats) -> Floats:
    """(D,) area under the ROC curve under each weighting of the N cells, (D, N); ties count a half. As in `metrics`."""
    order, ends = _ranking(p_all)
    found = [_along_ranking(labels[order], rows[:, order], ends)["auroc"] for rows in _chunks(weights)]
    return np.concatenate(found)


def reliability(judged: Judged, *, bins: int = BINS) -> Reliability:
    """Mean p(ALL) against the share that is ALL, in bins of equal width."""
    place = _bin(judged.p_all, bins)
    count = np.bincount(place, minlength=bins)
    sum_p = np.bincount(place, judged.p_all, bins).astype(np.float64)
    sum_all = np.bincount(place, judged.labels, bins).astype(np.float64)
    return Reliability(mean_p=_share(sum_p, count), share_all=_share(sum_all, count), count=count)


def _at_threshold(judged: Judged, weights: Floats, threshold: float) -> dict[str, Floats]:
    is_all, said_all = judged.labels == 1, judged.p_all >= threshold
    kinds = [is_all & said_all, is_all & ~said_all, ~is_all & said_all, ~is_all & ~said_all]
    all_all, all_hem, hem_all, hem_hem = (weights @ np.stack(kinds, axis=1).astype(np.float64)).T
    all_, hem = all_all + all_hem, hem_all + hem_hem
    f1_all = _share(2 * all_all, 2 * all_all + hem_all + all_hem)
    f1_hem = _share(2 * hem_hem, 2 * hem_hem + hem_all + all_hem)
    supported = np.where(all_ > 0, all_ * f1_all, 0) + np.where(hem > 0, hem * f1_hem, 0)
    return {
        "weighted_f1": _share(supported, all_ + hem),
        "f1": np.where(all_ > 0, f1_all, np.nan),
        "accuracy": _share(all_all + hem_hem, all_ + hem),
        "sensitivity": _share(all_all, all_),
        "specificity": _share(hem_hem, hem),
    }


def _ranking(p_all: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Cells from the highest p(ALL) down, and the last place of each run of equal p(ALL): thresholds cut there only."""
    order = np.argsort(-p_all, kind="stable")
    ranked = p_all[order]
    return order, np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)


def _along_ranking(labels: NDArray[np.int64], weights: Floats, ends: NDArray[np.intp]) -> dict[str, Floats]:
    """labels, weights: in the order of the ranking. The K thresholds and "no cell is ALL" before them make (D, K+1)."""
    none = np.zeros((len(weights), 1))
    true = np.hstack([none, np.cumsum(weights * labels, axis=1)[:, ends]])
    false = np.hstack([none, np.cumsum(weights * (1 - labels), axis=1)[:, ends]])
    all_, hem = true[:, -1], false[:, -1]
    precision = np.divide(true, true + false, out=np.zeros_like(true), where=true > 0)

    def sensitivity_at(specificity: float) -> Floats:
        last = (false <= ((1 - specificity + _ROUNDING) * hem)[:, None]).sum(axis=1) - 1
        return _share(np.take_along_axis(true, last[:, None], axis=1)[:, 0], np.where(hem > 0, all_, 0))

    first = (true < ((0.95 - _ROUNDING) * all_)[:, None]).sum(axis=1)
    spared = hem - np.take_along_axis(false, first[:, None], axis=1)[:, 0]
    return {
        "auroc": _share(np.trapezoid(true, false, axis=1), all_ * hem),
        "auprc": _share((np.diff(true) * precision[:, 1:]).sum(axis=1), np.where(hem > 0, all_, 0)),
        "sensitivity_at_90_specificity": sensitivity_at(0.90),
        "sensitivity_at_95_specificity": sensitivity_at(0.95),
        "specificity_at_95_sensitivity": _share(spared, np.where(all_ > 0, hem, 0)),
    }


def _calibration(judged: Judged, weights: Floats) -> dict[str, Floats]:
    excess = judged.p_all - judged.labels
    by_bin = np.zeros((len(excess), BINS))
    by_bin[np.arange(len(excess)), _bin(judged.p_all, BINS)] = excess
    total = weights.sum(axis=1)
    return {"brier": _share(weights @ excess**2, total), "ece": _share(np.abs(weights @ by_bin).sum(axis=1), total)}


def _bin(p_all: Floats, bins: int) -> NDArray[np.int64]:
    return np.minimum((p_all * bins).astype(np.int64), bins - 1)


@dataclass(frozen=True, kw_only=True)
class _LikeAreaPairs:
    """Pairs of an ALL and a HEM cell of like area, summed over groups of cells that always weigh the same."""

    all_: NDArray[np.intp]
    """(A,) a cell of each ALL group."""
    hem: NDArray[np.intp]
    """(H,) a cell of each HEM group."""
    count: Floats
    """(A, H) pairs."""
    ordered: Floats
    """(A, H) pairs whose ALL cell has the higher p(ALL); ties count a half."""

    def auroc(self, weights: Floats) -> Floats:
        of_all, of_hem = weights[:, self.all_], weights[:, self.hem]
        return _share(((of_all @ self.ordered) * of_hem).sum(axis=1), ((of_all @ self.count) * of_hem).sum(axis=1))


def _groups(judged: Judged, weights: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A cell of each group, and each cell's group: a subject where every weighting weighs a subject's cells alike
    (all weights 1; a bootstrap over subjects), else each cell alone, which costs N_ALL × N_HEM a weighting."""
    _, first, group = np.unique(np.array(judged.subjects), return_index=True, return_inverse=True)
    if all(np.array_equal(rows, rows[:, first][:, group]) for rows in _chunks(weights)):
        return first, group
    alone = np.arange(len(group))
    return alone, alone


def _like_area_pairs(judged: Judged, first: NDArray[np.intp], group: NDArray[np.intp]) -> _LikeAreaPairs:
    by_group = np.argsort(group, kind="stable")
    all_, hem = by_group[judged.labels[by_group] == 1], by_group[judged.labels[by_group] == 0]
    all_groups, all_starts = np.unique(group[all_], return_index=True)
    hem_groups, hem_starts = np.unique(group[hem], return_index=True)
    count, ordered = np.zeros((len(all_), len(hem_groups))), np.zeros((len(all_), len(hem_groups)))
    step = max(1, _AT_ONCE // max(1, len(hem)))
    for start in range(0, len(all_) if len(hem) else 0, step):
        rows = slice(start, start + step)
        area, p_all = judged.areas[all_[rows], None], judged.p_all[all_[rows], None]
        like = np.abs(area - judged.areas[hem]) < LIKE_AREA * np.maximum(area, judged.areas[hem])
        above = 0.5 * (p_all > judged.p_all[hem]) + 0.5 * (p_all >= judged.p_all[hem])
        count[rows] = np.add.reduceat(like.astype(np.float64), hem_starts, axis=1)
        ordered[rows] = np.add.reduceat(like * above, hem_starts, axis=1)
    if len(all_):
        count, ordered = np.add.reduceat(count, all_starts, axis=0), np.add.reduceat(ordered, all_starts, axis=0)
    return _LikeAreaPairs(all_=first[all_groups], hem=first[hem_groups], count=count, ordered=ordered)


def _chunks(weights: Floats) -> Iterator[Floats]:
    step = max(1, _AT_ONCE // max(1, weights.shape[1]))
    for start in range(0, len(weights), step):
        yield weights[start : start + step]


def _share(part: Floats, whole: Floats | NDArray[np.int64]) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)

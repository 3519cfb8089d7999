"""Whole subjects dealt to parts, so that every part has its share of each class.

A subject may have cells of one class or of both. Two ways: `deal_near` for parts of stated shares (70/10/20), by the
best of many random orders; `deal_alike` for parts of like size, the largest subject first.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from leukolens.base.errors import SplitError
from leukolens.images.cnmc_names import LABELS
from leukolens.research.data.cell import Cell

DRAWS = 200
"""Random orders that are tried."""
SLACK = 0.02
"""A draw is as good as the best when it strays by no more than this beyond it: a seed still changes the split."""


def class_counts(groups: Sequence[Sequence[int]], cells: Sequence[Cell]) -> NDArray[np.int64]:
    """(G, 2) cells of each group by class, in the order of LABELS. groups: rows of each subject."""
    return np.array(
        [[sum(cells[row].label == label for row in group) for label in LABELS] for group in groups], np.int64
    ).reshape(-1, len(LABELS))


def deal_near(
    groups: Sequence[Sequence[int]], cells: Sequence[Cell], *, shares: Sequence[float], seed: int
) -> list[list[int]]:
    """Rows of each part. shares: of the cells and of the subjects of each class, adding up to 1.

    A class with fewer subjects than parts leaves a part without it; the caller checks.
    """
    counts = class_counts(groups, cells)
    random = np.random.default_rng(seed)
    drawn = [_greedy(counts, shares, random.permutation(len(groups)).tolist()) for _ in range(DRAWS)]
    strays = [_strays(counts, shares, parts) for parts in drawn]
    chosen = next(parts for parts, stray in zip(drawn, strays, strict=True) if stray <= min(strays) + SLACK)
    found: list[list[int]] = [[] for _ in shares]
    for group, part in zip(groups, chosen, strict=True):
        found[part] += group
    return found


def _greedy(counts: NDArray[np.int64], shares: Sequence[float], order: Sequence[int]) -> list[int]:
    """Each group's part: where its classes are short of their share; the last ones fill the parts that have none."""
    total = np.maximum(counts.sum(axis=0), 1)
    weight = (counts / total).tolist()
    taken = [[0.0] * len(LABELS) for _ in shares]
    left = (counts > 0).sum(axis=0).tolist()
    parts = [0] * len(counts)
    for group in order:
        mine = [label for label in range(len(LABELS)) if weight[group][label]]
        open_parts = range(len(shares))
        for label in mine:
            empty = [part for part in open_parts if not taken[part][label]]
            if empty and left[label] <= sum(not of[label] for of in taken):
                open_parts = empty  # type: ignore[assignment]
        short = [
            sum((share - of[label]) * weight[group][label] for label in mine)
            for share, of in zip(shares, taken, strict=True)
        ]
        parts[group] = max(open_parts, key=short.__getitem__)
        for label in mine:
            taken[parts[group]][label] += weight[group][label]
            left[label] -= 1
    return parts


def _strays(counts: NDArray[np.int64], shares: Sequence[float], parts: Sequence[int]) -> float:
    """How far the parts are from their shares: the most that any class is off, by cells and by subjects; and 1 for each
    part that lacks a class."""
    of = np.stack([np.array(parts) == part for part in range(len(shares))]).astype(float)
    wanted = np.array(shares)[:, None]
    cells = of @ counts / np.maximum(counts.sum(axis=0), 1)
    subjects = of @ (counts > 0) / np.maximum((counts > 0).sum(axis=0), 1)
    return float(np.abs(cells - wanted).max() + np.abs(subjects - wanted).max() + (cells == 0).sum())


def deal_alike(groups: Sequence[Sequence[int]], cells: Sequence[Cell], *, parts: int, seed: int) -> list[list[int]]:
    """Rows of each of `parts`, the largest subject first; subjects of like size change places by the seed.

    Raises SplitError when a class has fewer subjects than there are parts.
    """
    counts = class_counts(groups, cells)
    random = np.random.default_rng(seed)
    found: list[list[int]] = [[] for _ in range(parts)]
    taken = np.zeros((parts, len(LABELS)))
    for label, subjects in zip(LABELS, (counts > 0).sum(axis=0).tolist(), strict=True):
        if subjects < parts:
            raise SplitError(
                f"{subjects} {label.upper()} subjects are too few for {parts} parts", hint="Ask for fewer parts"
            )
    for stratum in strata(counts):
        order = random.permutation(len(stratum))
        for group in sorted((stratum[place] for place in order), key=lambda group: -len(groups[group])):
            mine = counts[group] > 0
            part = min(range(parts), key=lambda part: ((taken[part][mine] > 0).sum(), taken[part][mine].sum()))
            found[part] += groups[group]
            taken[part] += counts[group] / np.maximum(counts.sum(axis=0), 1)
    return found


def strata(counts: NDArray[np.int64]) -> list[list[int]]:
    """Numbers of the groups with cells of each class alone, in the order of LABELS, then of those with both."""
    has = counts > 0
    alone = [np.flatnonzero(has[:, label] & (has.sum(axis=1) == 1)).tolist() for label in range(len(LABELS))]
    return [*alone, np.flatnonzero(has.all(axis=1)).tolist()]

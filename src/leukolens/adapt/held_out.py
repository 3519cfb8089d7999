"""Which cells are left out together, and how well two ways answer the cells that were left out. numpy only.

A patient's cells look alike, so a layer that has seen some of them does better on the others than on a new patient's.
Where patients are known and each class has two, they are left out whole. Else single cells are, which flatters: the
answer holds for further cells of these patients.

With two or three patients of a class, drawing patients anew tells too little of how far patients differ (two of each
class give nine different samples), so an interval is at least as wide as one over cells.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leukolens.measure.held_out_metrics import aurocs

Unit = Literal["patients", "cells"]
MOST = 10
"""Parts into which the units are divided; each is left out once."""
DRAWS = 2000
"""Of the bootstrap."""
LEVEL = 0.95
"""Of an interval."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What is left out together."""

    part: NDArray[np.int64]
    """(N,) of each cell, from 0."""
    unit: Unit
    """'patients': a patient's cells are in one part."""
    units: NDArray[np.str_]
    """(N,) each cell's patient, or a name of its own where cells are left out."""

    @property
    def count(self) -> int:
        """How many parts there are."""
        return int(self.part.max()) + 1


@dataclass(frozen=True, kw_only=True)
class Gain:
    """How much better the taught model tells the classes apart, on cells that were left out."""

    auroc: float
    """Of the taught model."""
    parent_auroc: float
    low: float
    """Lower end of the 95 % interval of their difference, over patients or cells, whichever lies farther out."""
    high: float
    brier: float
    """Mean squared error of the probabilities."""
    parent_brier: float

    @property
    def worse(self) -> bool:
        """Whether the parent is better in either."""
        return self.auroc < self.parent_auroc or self.brier > self.parent_brier

    def told(self, unit: Unit, *, whose: str = "the parent's") -> str:
        """In a sentence's part. unit: what the interval is over."""
        difference = f"difference {self.auroc - self.parent_auroc:+.3f}"
        interval = f"95 % over {unit} {self.low:+.3f} to {self.high:+.3f}"
        return (
            f"AUROC {self.auroc:.3f}, {whose} {self.parent_auroc:.3f} ({difference}, {interval}); "
            f"mean squared error {self.brier:.3f}, {whose} {self.parent_brier:.3f}"
        )


def parts_of(labels: NDArray[np.int64], patients: NDArray[np.str_], *, seed: int) -> Parts:
    """labels: (N,) 0 HEM, 1 ALL, two of each at least. patients: (N,), '' where unknown. seed: draws the parts."""
    if (patients != "").all():
        part = _dealt(labels, patients, seed=seed)
        if part is not None:
            return Parts(part=part, unit="patients", units=patients)
    cells = np.array([f"cell {number}" for number in range(len(labels))])
    part = _dealt(labels, cells, seed=seed)
    assert part is not None  # two cells of each class were asked for
    return Parts(part=part, unit="cells", units=cells)


def _dealt(labels: NDArray[np.int64], units: NDArray[np.str_], *, seed: int) -> NDArray[np.int64] | None:
    """Units dealt out in turn, class by class; None where a part would leave a class without cells."""
    names, unit = np.unique(units, return_inverse=True)
    shares = np.bincount(unit, labels) / np.bincount(unit)
    if min((shares > 0).sum(), (shares < 1).sum()) < 2:
        return None
    count = min(MOST, len(names))
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(np.round(shares[order]), kind="stable")]
    part_of_unit = np.empty(len(names), np.int64)
    part_of_unit[order] = np.arange(len(names)) % count
    part = part_of_unit[unit]
    whole = all(len(np.unique(labels[part != left_out])) == 2 for left_out in range(count))
    return part if whole else None


def gain(
    labels: NDArray[np.int64],
    p_all: NDArray[np.float64],
    parent_p_all: NDArray[np.float64],
    units: NDArray[np.str_],
    *,
    seed: int,
) -> Gain:
    """labels: (N,). p_all, parent_p_all: (N,) probabilities of ALL from models that had not seen the cell. units: (N,)
    what the interval draws with replacement, each as often in both."""
    each = np.arange(len(labels)).astype(np.str_)
    ends = []
    for drawn in [units] if len(np.unique(units)) == len(each) else [units, each]:
        weights = _drawn(labels, drawn, seed=seed)
        differences = aurocs(labels, p_all, weights) - aurocs(labels, parent_p_all, weights)
        ends.append(np.nanquantile(differences, ((1 - LEVEL) / 2, (1 + LEVEL) / 2)))
    auroc, parent_auroc = (float(aurocs(labels, p, np.ones((1, len(labels))))[0]) for p in (p_all, parent_p_all))
    return Gain(
        auroc=auroc,
        parent_auroc=parent_auroc,
        low=float(min(low for low, _ in ends)),
        high=float(max(high for _, high in ends)),
        brier=float(((p_all - labels) ** 2).mean()),
        parent_brier=float(((parent_p_all - labels) ** 2).mean()),
    )


def _drawn(labels: NDArray[np.int64], units: NDArray[np.str_], *, seed: int) -> NDArray[np.float64]:
    """(DRAWS, N) how often each cell's unit was drawn; as many units of each class as there are."""
    names, unit = np.unique(units, return_inverse=True)
    of_all = np.bincount(unit, labels) * 2 >= np.bincount(unit)
    random = np.random.default_rng(seed)
    counts = np.zeros((DRAWS, len(names)))
    for stratum in (of_all, ~of_all):
        size = int(stratum.sum())
        if size:
            counts[:, stratum] = random.multinomial(size, np.full(size, 1 / size), DRAWS)
    return np.asarray(counts[:, unit])

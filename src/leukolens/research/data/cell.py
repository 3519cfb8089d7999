"""One cell of a dataset."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukolens.images.cnmc_names import LABELS, Label


@dataclass(frozen=True, kw_only=True)
class Cell:
    """An image of one cell, as the folder and the name tell it; nothing here was decoded."""

    path: Path
    """Where it stands."""
    name: str
    """Its path below the dataset's folder, with '/' everywhere: the same on every machine."""
    label: Label
    """'all' (leukemic blast, positive) or 'hem' (normal)."""
    subject: str | None
    """Patient or donor: in upper case by name or folder ('H3'), as --patient-from tells it; None where unknown."""
    fold: str
    """'0', '1', '2', 'prelim', or '-' where the folder has no folds."""


def labels_of(cells: Iterable[Cell]) -> NDArray[np.int64]:
    """(N,) 0 HEM, 1 ALL."""
    return np.array([LABELS.index(cell.label) for cell in cells], np.int64)

"""One cell of a dataset, and how C-NMC's file names tell whose it is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Label = Literal["all", "hem"]
LABELS: tuple[Label, Label] = ("hem", "all")
"""In the network's order: output 1, the positive class, is ALL."""

# UID_<subject>_<image>_<cell>_<all|hem>; 36 cells of C-NMC are UID_h3_…, lost by a case-sensitive pattern
_NAME = re.compile(r"UID_(H?\d+)_(\d+)_(\d+)_(all|hem)", re.IGNORECASE)


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
    """Patient or donor, upper case ('H3'); None where neither name nor folder tells."""
    fold: str
    """'0', '1', '2', 'prelim', or '-' where the folder has no folds."""


def labels_of(cells: Iterable[Cell]) -> NDArray[np.int64]:
    """(N,) 0 HEM, 1 ALL."""
    return np.array([LABELS.index(cell.label) for cell in cells], np.int64)


def parse_name(stem: str) -> tuple[str, Label] | None:
    """Subject (upper case) and label from a C-NMC file name without its suffix, or None."""
    match = _NAME.fullmatch(stem)
    if match is None:
        return None
    label: Label = "all" if match[4].lower() == "all" else "hem"
    return match[1].upper(), label

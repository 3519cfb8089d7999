"""Cells that were never drawn, C-NMC's own by their published names, and where a split puts each subject."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from realdata import shared

from leukolens.images.cnmc_names import Label, parse_name
from leukolens.research.data.cell import Cell
from leukolens.research.data.split import PARTS, Split


def cell(subject: str | None, number: int, label: Label, *, fold: str = "0") -> Cell:
    name = f"fold_{fold}/{label}/UID_{subject}_1_{number}_{label}.bmp"
    return Cell(path=Path(name), name=name, label=label, subject=subject, fold=fold)


def cells_of(subjects: dict[str, int], *, fold: str = "0") -> list[Cell]:
    """subject → how many cells; H… are donors."""
    return [
        cell(subject, number, "hem" if subject.startswith("H") else "all", fold=fold)
        for subject, cells in subjects.items()
        for number in range(cells)
    ]


def digests_of(cells: Sequence[Cell]) -> list[str]:
    """A content of its own for each cell."""
    return [hashlib.sha256(one.name.encode()).hexdigest() for one in cells]


def published(fold: str) -> tuple[list[Cell], list[str]]:
    """C-NMC's cells and the digests of their files."""
    cells, digests = [], []
    for line in shared("cnmc/SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        parsed = parse_name(Path(name).stem)
        assert parsed is not None
        if name.startswith(f"fold_{fold}/"):
            cells.append(Cell(path=Path(name), name=name, label=parsed[1], subject=parsed[0], fold=fold))
            digests.append(digest)
    return cells, digests


def parts_of(split: Split, cells: Sequence[Cell]) -> dict[str, set[str]]:
    """subject → parts it stands in."""
    found: dict[str, set[str]] = {}
    for part in PARTS:
        for row in split.rows[part]:
            found.setdefault(cells[row].subject or "?", set()).add(part)
    return found

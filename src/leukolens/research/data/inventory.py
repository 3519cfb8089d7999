"""What a folder of cells holds: `leukolens data`. Counts, unreadable files, copies, what stands in two folds."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leukolens.research.data.cell import Cell
from leukolens.research.data.index import Index
from leukolens.research.data.store import Reading, read_cells


@dataclass(frozen=True, kw_only=True)
class FoldCount:
    """One fold."""

    fold: str
    cells: Counter[str]
    """By label."""
    subjects: dict[str, Counter[str]]
    """label → subject → cells, of those whose subject is known."""
    unknown: Counter[str]
    """By label, the cells whose subject is not known."""


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """Facts about a dataset; nothing was changed."""

    folds: tuple[FoldCount, ...]
    unreadable: tuple[str, ...]
    """One message a file."""
    copies: tuple[tuple[Cell, ...], ...]
    """Groups of cells with the same pixels."""
    subjects_in_folds: dict[str, tuple[str, ...]]
    """Subjects that stand in more than one fold."""
    cut: int
    """Cells that reach beyond the crop."""
    cut_most: int
    """By how many pixels at most."""
    crop: int
    others: tuple[Path, ...]
    """See Index.others."""

    @property
    def copies_across_folds(self) -> tuple[tuple[Cell, ...], ...]:
        """Groups of copies that stand in more than one fold."""
        return tuple(group for group in self.copies if len({cell.fold for cell in group}) > 1)

    @property
    def copies_under_both_labels(self) -> tuple[tuple[Cell, ...], ...]:
        """Groups of copies that carry both labels: errors of the data."""
        return tuple(group for group in self.copies if len({cell.label for cell in group}) > 1)


def take_inventory(found: Index, *, crop: int) -> Inventory:
    """Decode every cell once and count."""
    readings = list(read_cells(found.cells, None))
    folds_of: dict[str, set[str]] = defaultdict(set)
    for cell in found.cells:
        if cell.subject is not None:
            folds_of[cell.subject].add(cell.fold)
    beyond = [reading.half_extent - crop // 2 for reading in readings if reading.half_extent > crop // 2]
    return Inventory(
        folds=tuple(_count(found.cells, fold) for fold in sorted({cell.fold for cell in found.cells})),
        unreadable=tuple(reading.problem for reading in readings if reading.problem),
        copies=_copies(readings),
        subjects_in_folds={subject: tuple(sorted(folds)) for subject, folds in folds_of.items() if len(folds) > 1},
        cut=len(beyond),
        cut_most=max(beyond, default=0),
        crop=crop,
        others=found.others,
    )


def _count(cells: Sequence[Cell], fold: str) -> FoldCount:
    here = [cell for cell in cells if cell.fold == fold]
    subjects: dict[str, Counter[str]] = {"all": Counter(), "hem": Counter()}
    for cell in here:
        if cell.subject is not None:
            subjects[cell.label][cell.subject] += 1
    return FoldCount(
        fold=fold,
        cells=Counter(cell.label for cell in here),
        subjects=subjects,
        unknown=Counter(cell.label for cell in here if cell.subject is None),
    )


def _copies(readings: Sequence[Reading]) -> tuple[tuple[Cell, ...], ...]:
    groups: dict[str, list[Cell]] = defaultdict(list)
    for reading in readings:
        if reading.digest:
            groups[reading.digest].append(reading.cell)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)

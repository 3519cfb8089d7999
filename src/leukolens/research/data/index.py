"""folder → Index: C-NMC's folds, its preliminary test set with its CSV, or plain all/ and hem/ folders.

Layouts, tried in this order, in the folder itself and then in its children:
    fold_K/{all,hem}/UID_<subject>_<image>_<cell>_<label>.bmp     (Gupta & Gupta 2019, C-NMC training set)
    <any>labels.csv beside 1.bmp, 2.bmp …                         (its preliminary test set)
    {all,hem}/<any name>                                          (anybody's cells)
"""

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from leukolens.base.errors import DatasetError
from leukolens.images.cnmc_names import Label, parse_name
from leukolens.images.decode import SUFFIXES
from leukolens.research.data.cell import Cell

_FOLD = re.compile(r"fold_(\w+)", re.IGNORECASE)
_CSV_COLUMNS = {"Patient_ID", "new_names", "labels"}


@dataclass(frozen=True, kw_only=True)
class Index:
    """What a folder holds."""

    root: Path
    """The folder that was asked for."""
    cells: tuple[Cell, ...]
    """Sorted by fold, label and name, so that a seed means the same split everywhere."""
    others: tuple[Path, ...]
    """Files in class folders whose suffix is no image's, and images that a labels CSV does not name: said aloud."""

    def fold(self, fold: str) -> tuple[Cell, ...]:
        """The cells of one fold. Raises DatasetError that lists the folds there are."""
        found = tuple(cell for cell in self.cells if cell.fold == fold)
        if not found:
            there = ", ".join(sorted({cell.fold for cell in self.cells}))
            raise DatasetError(f"has no fold {fold}; there are: {there}", path=self.root)
        return found


def index(root: Path) -> Index:
    """List the cells below `root` by one of the three layouts.

    Raises DatasetError: not a folder, unreadable, no image, a name that does not parse, a label that contradicts its
    folder, the same name under both labels.
    """
    if not root.is_dir():
        raise DatasetError("is not a folder" if root.exists() else "does not exist", path=root)
    cells: list[Cell] = []
    others: list[Path] = []
    for place in (root, *_folders(root)):
        if _is_class_folder(place) is None:
            _read_place(place, root, cells, others)
    if not cells:
        raise DatasetError(
            "holds no cell images",
            path=root,
            hint="Expected fold_K/all and fold_K/hem as in C-NMC, all/ and hem/ folders, or images beside a labels CSV",
        )
    cells.sort(key=lambda cell: (cell.fold, cell.label, Path(cell.name).stem, cell.name))
    _refuse_both_labels(cells)
    return Index(root=root, cells=tuple(cells), others=tuple(sorted(others)))


def _read_place(place: Path, root: Path, cells: list[Cell], others: list[Path]) -> None:
    """Add what one folder holds by its layout; nothing where it has none of the three."""
    folders = _folders(place)
    matched = _FOLD.fullmatch(place.name or place.absolute().name)
    fold = matched[1] if matched else "-"
    for folder in folders:
        label = _is_class_folder(folder)
        if label is not None:
            cells += _class_folder(folder, label, root=root, fold=fold, others=others)
    for table in sorted(place.glob("*.csv")):
        cells += _labelled_by_csv(table, root, others)
    if place == root:  # DIR/fold_K is read here; DIR/<release>/fold_K below, once
        return
    for folder in folders:
        if _FOLD.fullmatch(folder.name):
            _read_place(folder, root, cells, others)


def _folders(place: Path) -> list[Path]:
    return sorted(entry for entry in _entries(place) if entry.is_dir() and not entry.name.startswith("."))


def _entries(place: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(place)]
    except OSError as error:
        raise DatasetError(
            f"cannot be listed ({error.strerror})", path=place, hint="Give yourself the right to read it"
        ) from error


def _is_class_folder(folder: Path) -> Label | None:
    match folder.name.lower():
        case "all":
            return "all"
        case "hem":
            return "hem"
    return None


def _class_folder(folder: Path, label: Label, *, root: Path, fold: str, others: list[Path]) -> Iterator[Cell]:
    """Cells of one all/ or hem/ folder, or of its sub-folders, one a subject."""
    for path in _entries(folder):
        if path.is_dir():
            for inner in _entries(path):
                if inner.suffix.lower() in SUFFIXES:
                    yield _cell(inner, label, root=root, fold=fold, subject=path.name.upper())
                else:
                    others.append(inner)
        elif path.suffix.lower() in SUFFIXES:
            yield _cell(path, label, root=root, fold=fold, subject=None)
        else:
            others.append(path)


def _cell(path: Path, label: Label, *, root: Path, fold: str, subject: str | None) -> Cell:
    parsed = parse_name(path.stem)
    if parsed is None and fold != "-":
        raise DatasetError(
            "is not named UID_<subject>_<image>_<cell>_<all|hem> as C-NMC's folds are, so its subject is unknown",
            path=path,
            hint="Rename it, or put it into plain all/ and hem/ folders",
        )
    if parsed is not None and parsed[1] != label:
        raise DatasetError(
            f"is named {parsed[1]} but stands in a folder {label}", path=path, hint="Correct one of them"
        )
    if parsed is not None:
        subject = parsed[0]
    return Cell(path=path, name=path.relative_to(root).as_posix(), label=label, subject=subject, fold=fold)


def _labelled_by_csv(table: Path, root: Path, others: list[Path]) -> list[Cell]:
    """C-NMC's preliminary set: Patient_ID holds the original name, new_names the file's, labels 1 = ALL."""
    with table.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        if not _CSV_COLUMNS.issubset(reader.fieldnames or ()):
            return []
        cells = [_csv_cell(row, table, line, root) for line, row in enumerate(reader, start=2)]
    listed = {cell.path for cell in cells}
    for folder in {path.parent for path in listed}:
        others += [file for file in _entries(folder) if file.suffix.lower() in SUFFIXES and file not in listed]
    return cells


def _csv_cell(row: dict[str, str], table: Path, line: int, root: Path) -> Cell:
    parsed = parse_name(Path(row["Patient_ID"] or "").stem)
    if parsed is None or row["labels"] not in ("0", "1"):
        raise DatasetError(f"line {line} does not parse: {row['Patient_ID']}, {row['labels']}", path=table)
    label: Label = "all" if row["labels"] == "1" else "hem"
    if parsed[1] != label:
        raise DatasetError(f"line {line}: {row['Patient_ID']} is labelled {row['labels']}", path=table)
    places = [table.parent / row["new_names"], *sorted(table.parent.glob(f"*/{row['new_names']}"))]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise DatasetError(f"line {line} names {row['new_names']}, which is not beside it", path=table)
    return Cell(path=path, name=path.relative_to(root).as_posix(), label=label, subject=parsed[0], fold="prelim")


def _refuse_both_labels(cells: list[Cell]) -> None:
    """The same cell by name (subject, image, cell) under both labels."""
    seen: dict[str, Cell] = {}
    for cell in cells:
        if parse_name(Path(cell.name).stem) is None:
            continue
        key = f"{cell.fold}/{Path(cell.name).stem.lower().rsplit('_', 1)[0]}"
        other = seen.setdefault(key, cell)
        if other.label != cell.label:
            raise DatasetError(f"is the same cell as {other.name} under the other label", path=cell.path)

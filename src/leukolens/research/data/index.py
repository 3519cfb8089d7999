"""folder → Index: C-NMC's folds, its preliminary test set with its CSV, or plain all/ and hem/ folders.

Layouts, tried in this order, in the folder itself and then in its children:
    fold_K/{all,hem}/UID_<subject>_<image>_<cell>_<label>.bmp     (Gupta & Gupta 2019, C-NMC training set)
    <any>labels.csv beside 1.bmp, 2.bmp …                         (its preliminary test set)
    {all,hem}/<any names>                                         (anybody's cells)
A table with the columns path, patient and label takes the place of all three. Whose cell it is say C-NMC's names, the
folders below all/ and hem/, or what `predict` asks too (`predict.patients`).
"""

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from leukolens.base.errors import DatasetError
from leukolens.images.cnmc_names import LABELS, Label, parse_name
from leukolens.images.decode import SUFFIXES
from leukolens.predict.path_table import PathTable, is_table, read_path_table
from leukolens.predict.patients import patients_of
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


def index(root: Path, *, patient_from: str | None = None) -> Index:
    """List the cells below `root` by one of the layouts.

    patient_from: whose cells they are, as `predict.patients.patients_of` takes it; None for C-NMC's names and the
    folders below all/ and hem/. A .csv that has a column 'label' beside path and patient tells the labels too, and the
    folders then mean nothing.
    Raises DatasetError: not a folder, unreadable, no image, a name that does not parse, a label that contradicts its
    folder, the same name under both labels, a file whose patient is not told.
    """
    if not root.is_dir():
        raise DatasetError("is not a folder" if root.exists() else "does not exist", path=root)
    cells: list[Cell] = []
    others: list[Path] = []
    table = _label_table(patient_from)
    if table is not None:
        _read_table(table, root, cells, others)
    else:
        for place in (root, *_folders(root)):
            if _is_class_folder(place) is None:
                _read_place(place, root, cells, others, by_name=patient_from is None)
    if not cells:
        raise DatasetError(
            "holds no cell images",
            path=root,
            hint="Expected fold_K/all and fold_K/hem as in C-NMC, all/ and hem/ folders, images beside a labels CSV, "
            "or --patient-from a .csv with path, patient and label",
        )
    if patient_from is not None:
        cells = _told(cells, patient_from)
    cells.sort(key=lambda cell: (cell.fold, cell.label, Path(cell.name).stem, cell.name))
    _refuse_both_labels(cells)
    return Index(root=root, cells=tuple(cells), others=tuple(sorted(others)))


def _label_table(patient_from: str | None) -> PathTable | None:
    if patient_from is None or not is_table(patient_from):
        return None
    table = read_path_table(Path(patient_from), needs="patient")
    return table if "label" in table.columns else None


def _read_table(table: PathTable, root: Path, cells: list[Cell], others: list[Path]) -> None:
    """Every image below `root` that the table names, with the label that it gives."""
    label_of = table.find("label")
    images = [path for path in _below(root) if path.suffix.lower() in SUFFIXES]
    for path in images:
        told = label_of(path)
        if not told:
            others.append(path)
            continue
        if told.lower() not in LABELS:
            raise DatasetError(f"labels {path.name} {told!r}", path=table.source, hint="Write 'all' or 'hem'")
        label: Label = "all" if told.lower() == "all" else "hem"
        cells.append(Cell(path=path, name=path.relative_to(root).as_posix(), label=label, subject=None, fold="-"))
    if gone := table.without_file(images):
        raise DatasetError(
            f"names {len(gone)} files that are not below {root} (first: {gone[0]})",
            path=table.source,
            hint="Correct their paths, or remove these lines",
        )


def _told(cells: list[Cell], patient_from: str) -> list[Cell]:
    """The cells with the patients of `patient_from`."""
    if patient_from == "parent":
        for cell in cells:
            if _is_class_folder(cell.path.absolute().parent) is not None:
                raise DatasetError(
                    f"lies directly in {cell.path.parent.name}/, which is a class and not a patient",
                    path=cell.path,
                    hint="Put each patient's cells into a folder of its own below all/ and hem/, or give "
                    "--patient-from a .csv or a regular expression",
                )
    patients = patients_of([cell.path for cell in cells], patient_from)
    return [replace(cell, subject=patients[cell.path]) for cell in cells]


def _read_place(place: Path, root: Path, cells: list[Cell], others: list[Path], *, by_name: bool) -> None:
    """Add what one folder holds by its layout; nothing where it has none of the three.

    by_name: whether the names in a fold must tell the subject.
    """
    folders = _folders(place)
    matched = _FOLD.fullmatch(place.name or place.absolute().name)
    fold = matched[1] if matched else "-"
    for folder in folders:
        label = _is_class_folder(folder)
        if label is not None:
            cells += _class_folder(folder, label, root=root, fold=fold, others=others, by_name=by_name)
    for table in sorted(place.glob("*.csv")):
        cells += _labelled_by_csv(table, root, others)
    if place == root:  # DIR/fold_K is read here; DIR/<release>/fold_K below, once
        return
    for folder in folders:
        if _FOLD.fullmatch(folder.name):
            _read_place(folder, root, cells, others, by_name=by_name)


def _folders(place: Path) -> list[Path]:
    return sorted(entry for entry in _entries(place) if entry.is_dir() and not entry.name.startswith("."))


def _entries(place: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(place)]
    except OSError as error:
        raise DatasetError(
            f"cannot be listed ({error.strerror})", path=place, hint="Check that you may read it"
        ) from error


def _is_class_folder(folder: Path) -> Label | None:
    match folder.name.lower():
        case "all":
            return "all"
        case "hem":
            return "hem"
    return None


def _class_folder(
    folder: Path, label: Label, *, root: Path, fold: str, others: list[Path], by_name: bool
) -> Iterator[Cell]:
    """Cells of one all/ or hem/ folder and of what is below it; a folder directly in it is a subject."""
    for path in _below(folder):
        if path.suffix.lower() not in SUFFIXES:
            others.append(path)
            continue
        inner = path.relative_to(folder).parts[:-1]
        subject = inner[0].upper() if inner else None
        yield _cell(path, label, root=root, fold=fold, subject=subject, by_name=by_name)


def _below(folder: Path) -> Iterator[Path]:
    """Every file below, in folders that are not hidden."""
    for entry in _entries(folder):
        if not entry.is_dir():
            yield entry
        elif not entry.name.startswith("."):
            yield from _below(entry)


def _cell(path: Path, label: Label, *, root: Path, fold: str, subject: str | None, by_name: bool) -> Cell:
    parsed = parse_name(path.stem)
    if by_name and parsed is None and fold != "-":
        raise DatasetError(
            "is not named UID_<subject>_<image>_<cell>_<all|hem> as the files in C-NMC's folds are, so its subject is "
            "unknown",
            path=path,
            hint="Rename it, put it into plain all/ and hem/ folders, or say whose it is with --patient-from",
        )
    if parsed is not None and parsed[1] != label:
        raise DatasetError(
            f"is named {parsed[1]} but lies in a folder named {label}", path=path, hint="Correct one of them"
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
        raise DatasetError(f"line {line} cannot be parsed: {row['Patient_ID']}, {row['labels']}", path=table)
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

"""Case files and folders → a laboratory's reviewed cells: where each picture stands, and what the reader called it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukolens.base.errors import CaseError, DatasetError
from leukolens.cases import database
from leukolens.cases.kept import Input
from leukolens.cases.reading import ReadCell, cells_of
from leukolens.cases.shelf import Shelf, uploads_beside
from leukolens.cases.store import Case
from leukolens.images.cnmc_names import LABELS
from leukolens.images.decode import read_file
from leukolens.model.card import ModelCard
from leukolens.model.form import are_forms
from leukolens.predict.given import digest_of
from leukolens.predict.items import gather

_SHOWN = 3
"""Files that an error names."""


@dataclass(frozen=True, kw_only=True)
class CellPlace:
    """Where a cell lies in its field."""

    number: int
    """From 1 within the field."""
    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 px of the field; x1 and y1 are excluded."""
    um_per_px: float | None
    """Scale of the field as it was told when it was judged; None where its red cells were asked, or nothing was."""


@dataclass(frozen=True, kw_only=True)
class ReviewedCell:
    """One cell with its reader's word."""

    path: Path
    """Where its picture stands now."""
    content: str
    """The same for the same cell of the same bytes."""
    label: int
    """0 HEM, 1 ALL."""
    patient: str
    """'' when it is not known."""
    place: CellPlace | None = None
    """In its field; None for a cell with a picture of its own: its cut-out, or one in whose middle it lies."""
    um_per_px: float | None = None
    """As it was told, of a picture in whose middle the cell lies; None: the file's own, else from its red cells."""


def reviewed_cells(
    sources: Sequence[str], card: ModelCard, *, patient_from: str | None = None, um_per_px: float | None = None
) -> list[ReviewedCell]:
    """Each cell once, in the order given.

    sources: case files, postgresql:// addresses, or folders with all/ and hem/ in them. card: of the model that is
    taught. patient_from: whose cells a folder's are, see `predict.patients`. um_per_px: of a folder's pictures that
    are no cut-outs; None: the files' own, else from their red cells. Raises DatasetError or CaseError for what
    is not there, a cell that is called ALL and HEM, and a case that another model judged.
    """
    found: dict[str, ReviewedCell] = {}
    for source in sources:
        cells = _in_folder(source, patient_from, um_per_px) if Path(source).is_dir() else _in_store(source, card)
        for cell in cells:
            known = found.setdefault(cell.content, cell)
            if known.label != cell.label:
                raise DatasetError(
                    f"is called {_name(cell.label)}, and the same cell {_name(known.label)} in {known.path}",
                    path=cell.path,
                    hint="Decide which it is, and take the other away",
                )
    return list(found.values())


def _name(label: int) -> str:
    return LABELS[label].upper()


def _in_folder(source: str, patient_from: str | None, um_per_px: float | None) -> Iterator[ReviewedCell]:
    folder = Path(source)
    for label, name in enumerate(LABELS):
        if not (folder / name).is_dir():
            hint = "Put the blasts' pictures into all/ and the normal cells' into hem/, or give a case file"
            raise DatasetError(f"holds no folder {name}/", path=folder, hint=hint)
        for item in gather([str(folder / name)], patient_from=patient_from):
            digest = hashlib.sha256(read_file(item.path)).hexdigest()
            yield ReviewedCell(path=item.path, content=digest, label=label, patient=item.patient, um_per_px=um_per_px)


def _in_store(where: str, card: ModelCard) -> Iterator[ReviewedCell]:
    """All cells of one store; an amendment's word stands for that of the case that it amends."""
    found: dict[str, ReviewedCell] = {}
    absent: list[str] = []
    with Shelf.open(where) as shelf:
        for listed in shelf.cases():
            for one, cell in _called(shelf.case(listed.id, who=""), card, where):
                path = _place(one, where)
                if path is None:
                    absent.append(one.path)
                    continue
                place = None
                if cell.number is not None and cell.box is not None:
                    told = None if one.um_per_px_source == "red cells" else one.um_per_px
                    place = CellPlace(number=cell.number, box=cell.box, um_per_px=told)
                found[cell.content] = ReviewedCell(
                    path=path,
                    content=cell.content,
                    label=int(cell.word.verdict == "ALL"),
                    patient=one.patient,
                    place=place,
                )
    if absent:
        paths = list(dict.fromkeys(absent))
        named = ", ".join(paths[:_SHOWN]) + (", …" if len(paths) > _SHOWN else "")
        raise DatasetError(
            f"the pictures of {len(absent)} reviewed cells are not where they were judged, or are others now: {named}",
            path=database.shown(where),
            hint="Put them back, or start in the folder in which they were judged",
        )
    yield from found.values()


def _called(case: Case, card: ModelCard, where: str) -> Iterator[tuple[Input, ReadCell]]:
    """Each cell that a reader called ALL or HEM, with its file."""
    judged_by = case.card()
    if judged_by is not None and not _is_of(judged_by, card):
        raise CaseError(
            f"was judged with model {judged_by.model_id}, not {card.model_id} or one that was taught from it",
            path=database.shown(where),
            hint="Give --model that one, or leave the case out",
        )
    inputs = {one.id: one for one in case.inputs()}
    with case.reading() as connection:
        for patient in dict.fromkeys(one.patient for one in inputs.values()):
            for cell in cells_of(connection, case.id, patient):
                if cell.word.verdict in ("ALL", "HEM") and cell.content:
                    yield inputs[cell.input_id], cell


def _is_of(judged_by: ModelCard, card: ModelCard) -> bool:
    """Whether a case's model is the one that is taught, another form of it, or one that was taught from it."""
    parent = "" if judged_by.lineage is None else judged_by.lineage.parent
    return card.model_id in (judged_by.model_id, parent) or are_forms(card.model_id, parent or judged_by.model_id)


def _place(one: Input, where: str) -> Path | None:
    """Where the picture stands that was judged: where it stood then, beside the case, or among its uploads."""
    places = [Path(one.path), uploads_beside(where) / one.sha256]
    if not database.is_url(where):
        places.insert(1, Path(where).parent / one.path)
    return next((place for place in places if place.is_file() and digest_of(place) == one.sha256), None)

"""Case files and folders → a laboratory's reviewed cells: where each picture stands, and what the reader called it."""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukolens.base.errors import DatasetError, ImageError
from leukolens.cases import database
from leukolens.cases.kept import Input
from leukolens.cases.reading import ReadCell, cells_of
from leukolens.cases.shelf import Shelf, uploads_beside
from leukolens.cases.store import Case
from leukolens.images.cnmc_names import LABELS
from leukolens.images.decode import read_file
from leukolens.predict.given import digest_of
from leukolens.predict.items import gather

log = logging.getLogger(__name__)

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
    source: str = ""
    """The case that it is from, as an error names it; '' of a folder."""
    place: CellPlace | None = None
    """In its field; None for a cell with a picture of its own: its cut-out, or one in whose middle it lies."""
    um_per_px: float | None = None
    """As it was told, of a picture in whose middle the cell lies; None: the file's own, else from its red cells."""

    @property
    def name(self) -> str:
        """The picture, and which of its cells."""
        return str(self.path) if self.place is None else f"{self.path} cell {self.place.number}"


def reviewed_cells(
    sources: Sequence[str], *, patient_from: str | None = None, um_per_px: float | None = None
) -> list[ReviewedCell]:
    """Each cell once, in the order given.

    sources: case files, postgresql:// addresses, or folders with all/ and hem/ in them; a case of any model, for its
    pictures and its reader's verdicts are the same whatever judged it. patient_from: whose cells a folder's are, see
    `predict.patients`. um_per_px: of a folder's pictures that are not cut-outs; None: the files' own, else from their
    red cells. Raises DatasetError or CaseError for what is not there and a cell that is labelled both ALL and HEM.
    """
    found: dict[str, ReviewedCell] = {}
    for source in sources:
        for cell in _in_folder(source, patient_from, um_per_px) if Path(source).is_dir() else _in_store(source):
            refuse_both(found.setdefault(cell.content, cell), cell)
    return list(found.values())


def refuse_both(one: ReviewedCell, same: ReviewedCell) -> None:
    """Raises DatasetError where the same cell is labelled ALL and HEM."""
    if one.label != same.label:
        first, second = (f"is labelled {LABELS[cell.label].upper()}" for cell in (same, one))
        case = f" in {same.source}" if same.source else ""
        other = f"{one.source} ({one.name})" if one.source else one.name
        raise DatasetError(
            f"{first}{case}, but the same cell {second} in {other}",
            path=same.name,
            hint="Decide which label is right, then remove the other file, amend the other case or leave it out",
        )


def _in_folder(source: str, patient_from: str | None, um_per_px: float | None) -> Iterator[ReviewedCell]:
    for label, name in enumerate(LABELS):
        folder = Path(source) / name
        if not folder.is_dir():
            hint = "Put the blasts' pictures into all/ and the normal cells' into hem/, or give a case file"
            raise DatasetError(f"holds no folder {name}/", path=source, hint=hint)
        for item in gather([str(folder)], patient_from=patient_from):
            if patient_from == "parent" and item.path.parent == folder:
                hint = f"Make a folder for each patient inside {name}/, or leave --patient-from out"
                raise DatasetError(
                    f"lies in {name}/ itself, which is not a patient's folder", path=item.path, hint=hint
                )
            try:
                digest = hashlib.sha256(read_file(item.path)).hexdigest()
            except ImageError as error:
                log.warning(f"{item.path}: left out: it {error.reason}")
                continue
            yield ReviewedCell(
                path=item.path,
                content=digest,
                label=label,
                patient=item.patient,
                um_per_px=um_per_px,
            )


def _in_store(where: str) -> Iterator[ReviewedCell]:
    """All cells of one store. Where a patient was amended, the newest version alone counts."""
    found: list[ReviewedCell] = []
    absent: list[str] = []
    places: dict[tuple[str, str], Path | None] = {}  # a slide's digest takes seconds
    with Shelf.open(where) as shelf:
        cases = {listed: shelf.case(listed.id, who="") for listed in shelf.cases()}
        amended: defaultdict[int, set[str]] = defaultdict(set)
        for listed, case in cases.items():
            if listed.amends is not None:
                amended[listed.amends].update(one.patient for one in case.inputs())
        for listed, case in cases.items():
            source = database.shown(where) + f" ({listed.name})" * (len(cases) > 1)
            for one, cell in _called(case, amended[listed.id]):
                picture = (one.path, one.sha256)
                if picture not in places:
                    places[picture] = _place(one, where)
                path = places[picture]
                if path is None:
                    absent.append(one.path)
                else:
                    found.append(_reviewed(one, cell, path=path, source=source))
    if absent:
        paths = list(dict.fromkeys(absent))
        named = ", ".join(paths[:_SHOWN]) + (", …" if len(paths) > _SHOWN else "")
        raise DatasetError(
            f"the pictures of {len(absent)} reviewed cells have been moved or changed since they were judged: {named}",
            path=database.shown(where),
            hint="Put them back, or run this from the folder in which they were judged",
        )
    yield from found


def _called(case: Case, amended: Collection[str]) -> Iterator[tuple[Input, ReadCell]]:
    """Each cell that a reader called ALL or HEM, with its file. amended: patients who have a newer version."""
    inputs = {one.id: one for one in case.inputs()}
    with case.reading() as connection:
        for patient in dict.fromkeys(one.patient for one in inputs.values()):
            for cell in cells_of(connection, case.id, patient) if patient not in amended else ():
                if cell.word.verdict in ("ALL", "HEM") and cell.content:
                    yield inputs[cell.input_id], cell


def _reviewed(one: Input, cell: ReadCell, *, path: Path, source: str) -> ReviewedCell:
    place = None
    if cell.number is not None and cell.box is not None:
        told = None if one.um_per_px_source == "red cells" else one.um_per_px
        place = CellPlace(number=cell.number, box=cell.box, um_per_px=told)
    label = int(cell.word.verdict == "ALL")
    return ReviewedCell(path=path, content=cell.content, label=label, patient=one.patient, source=source, place=place)


def _place(one: Input, where: str) -> Path | None:
    """Where the picture stands that was judged: where it stood then, beside the case, or among its uploads."""
    places = [Path(one.path), uploads_beside(where) / one.sha256]
    if not database.is_url(where):
        places.insert(1, Path(where).parent / one.path)
    return next((place for place in places if place.is_file() and digest_of(place) == one.sha256), None)

"""Case files and folders → a laboratory's reviewed cells: where each picture stands, and what the reader called it."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukolens.base.errors import CaseError, DatasetError
from leukolens.cases import database
from leukolens.cases.reading import cells_of
from leukolens.cases.shelf import Shelf
from leukolens.cases.store import Case
from leukolens.images.cnmc_names import LABELS
from leukolens.images.decode import read_file
from leukolens.model.card import ModelCard
from leukolens.predict.given import digest_of
from leukolens.predict.items import gather

_SHOWN = 3
"""Files that an error names."""


@dataclass(frozen=True, kw_only=True)
class ReviewedCell:
    """One cell with its reader's word."""

    path: Path
    """Where its picture stands now."""
    sha256: str
    """Of the picture's bytes."""
    label: int
    """0 HEM, 1 ALL."""
    patient: str
    """'' when it is not known."""


def reviewed_cells(sources: Sequence[str], card: ModelCard, *, patient_from: str | None = None) -> list[ReviewedCell]:
    """Each picture once, in the order given.

    sources: case files, postgresql:// addresses, or folders with all/ and hem/ in them. card: of the model that is
    taught. patient_from: whose cells a folder's are, see `predict.patients`. Raises DatasetError or CaseError for what
    is not there, a picture that is called ALL and HEM, and a case that another model judged.
    """
    found: dict[str, ReviewedCell] = {}
    for source in sources:
        for cell in _in_folder(source, patient_from) if Path(source).is_dir() else _in_store(source, card):
            known = found.setdefault(cell.sha256, cell)
            if known.label != cell.label:
                raise DatasetError(
                    f"is called {_name(cell.label)}, and the same picture {_name(known.label)} in {known.path}",
                    path=cell.path,
                    hint="Decide which it is, and take the other away",
                )
    return list(found.values())


def _name(label: int) -> str:
    return LABELS[label].upper()


def _in_folder(source: str, patient_from: str | None) -> Iterator[ReviewedCell]:
    folder = Path(source)
    for label, name in enumerate(LABELS):
        if not (folder / name).is_dir():
            hint = "Put the blasts' cut-outs into all/ and the normal cells' into hem/, or give a case file"
            raise DatasetError(f"holds no folder {name}/", path=folder, hint=hint)
        for item in gather([str(folder / name)], patient_from=patient_from):
            digest = hashlib.sha256(read_file(item.path)).hexdigest()
            yield ReviewedCell(path=item.path, sha256=digest, label=label, patient=item.patient)


def _in_store(where: str, card: ModelCard) -> Iterator[ReviewedCell]:
    """All cases of one store; an amendment's word stands for that of the case that it amends."""
    found: dict[str, ReviewedCell] = {}
    absent: list[str] = []
    with Shelf.open(where) as shelf:
        for listed in shelf.cases():
            for path, digest, label, patient in _words(shelf.case(listed.id, who=""), card, where):
                place = _place(path, digest, where)
                if place is None:
                    absent.append(path)
                else:
                    found[digest] = ReviewedCell(path=place, sha256=digest, label=label, patient=patient)
    if absent:
        named = ", ".join(absent[:_SHOWN]) + (", …" if len(absent) > _SHOWN else "")
        raise DatasetError(
            f"the pictures of {len(absent)} reviewed cells are not where they were judged, or are others now: {named}",
            path=database.shown(where),
            hint="Put them back, or start in the folder in which they were judged",
        )
    yield from found.values()


def _words(case: Case, card: ModelCard, where: str) -> Iterator[tuple[str, str, int, str]]:
    """Path, digest, label and patient of each cut-out that a reader called ALL or HEM."""
    judged_by = case.card()
    if judged_by is not None and card.model_id not in (judged_by.model_id, _parent_of(judged_by)):
        raise CaseError(
            f"was judged with model {judged_by.model_id}, not {card.model_id} or one that was taught from it",
            path=database.shown(where),
            hint="Give --model that one, or leave the case out",
        )
    with case.reading() as connection:
        for patient in dict.fromkeys(one.patient for one in case.inputs()):
            for cell in cells_of(connection, case.id, patient):
                if cell.word.verdict in ("ALL", "HEM") and cell.content:
                    yield cell.path, cell.content, int(cell.word.verdict == "ALL"), patient


def _parent_of(card: ModelCard) -> str:
    return "" if card.lineage is None else card.lineage.parent


def _place(path: str, digest: str, where: str) -> Path | None:
    """Where the picture stands that was judged: where it stood then, beside the case, or among its uploads."""
    beside: Iterable[Path] = ()
    if not database.is_url(where):
        beside = (Path(where).parent / path, Path(f"{where}.uploads") / digest)
    return next((place for place in (Path(path), *beside) if place.is_file() and digest_of(place) == digest), None)

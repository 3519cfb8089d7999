"""What readers say of cells. Nothing is overwritten: each word is a new row that names the one it replaces.

A row holds all that stands after it, verdict and note, so that the newest row of a cell is its state and the row's id
its version. Whoever acts says which version they saw; when another reader was faster, `Conflict` brings what stands.
A blind second reading is a chain of rows of its own, told by the role, which nobody else's reading touches.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, FromClause, ScalarSelect, exists, func, literal, select

from leukolens.base.errors import CaseError
from leukolens.cases import schema
from leukolens.cases.change import Change
from leukolens.cases.store import Case

ReaderVerdict = Literal["ALL", "HEM", "other kind", "not assessable", "not a cell"]
READER_VERDICTS: tuple[ReaderVerdict, ...] = get_args(ReaderVerdict)
BLIND = "blind second reader"
"""The role under which a blind reading is kept."""
MAX_NOTE = 2000
"""Characters."""


@dataclass(frozen=True, kw_only=True)
class Word:
    """What stands of a cell in one reading."""

    version: int = 0
    """Id of the newest row; 0 before the first."""
    verdict: str = ""
    """A ReaderVerdict; '' for none."""
    note: str = ""
    reader: str = ""
    """Who wrote the newest row."""
    at: str = ""
    """UTC, ISO 8601."""


class Conflict(CaseError):
    """Another reader was faster. `now` is what stands; for a signature it is None."""

    def __init__(self, now: Word | None = None) -> None:
        self.now = now
        who = f"{now.reader} has" if now is not None and now.reader else "another reader has"
        super().__init__(f"{who} changed this in the meantime", hint="Look at it as it is now, and decide again")


class ReadOnly(CaseError):
    """The patient is signed."""

    def __init__(self) -> None:
        super().__init__("this patient is signed and read-only", hint="Amend it: that makes a new version")


class NotInCase(CaseError):
    """A cell or patient that this case does not hold."""

    def __init__(self, what: str) -> None:
        super().__init__(f"this case holds no such {what}", hint="Open it from the work list")


def review(
    case: Case,
    cell_id: int,
    *,
    role: str,
    expected: int,
    verdict: ReaderVerdict | None = None,
    note: str | None = None,
    blind: bool = False,
) -> Word:
    """Write a verdict, a note, or both; None leaves what stands. Returns what stands then.

    expected: the version that the reader saw. Raises Conflict, ReadOnly or NotInCase.
    """
    with case.change() as change:
        cell, before = _stands(change, cell_id, expected, blind=case.who if blind else None)
        now = Word(
            verdict=before.verdict if verdict is None else verdict,
            note=before.note if note is None else note[:MAX_NOTE],
        )
        action = "reviewed" if verdict is not None else "noted"
        return _write(change, cell, before, now, action=action, role=BLIND if blind else role, who=case.who)


def undo(case: Case, cell_id: int, *, role: str, expected: int, blind: bool = False) -> Word:
    """Take the newest word back, so that the one before it stands again; one after the other, down to none.

    Raises CaseError when there is nothing to take back; else as `review`.
    """
    with case.change() as change:
        cell, before = _stands(change, cell_id, expected, blind=case.who if blind else None)
        stack = _stack(change.connection, cell_id, blind=case.who if blind else None)
        if not stack:
            raise CaseError("there is nothing to take back", hint="No reader has given this cell a verdict")
        now = stack[-2] if len(stack) > 1 else Word()
        role = BLIND if blind else role
        return _write(change, cell, before, now, action="undone", role=role, who=case.who, withdrawn=True)


def words(connection: Connection, cell_ids: Any, *, blind: str | None = None) -> dict[int, Word]:
    """Cell → what stands of it, for those of which anything was said. cell_ids: ids, or a query for them.

    blind: whose blind reading; None for the common one.
    """
    table = schema.reviews.c
    newest = select(func.max(table.id)).where(table.cell_id.in_(cell_ids), chain(blind)).group_by(table.cell_id)
    query = select(schema.reviews).where(table.id.in_(newest))
    return {row.cell_id: word_of(row) for row in connection.execute(query)}


def newest_of(cell_id: ColumnElement[int], *, blind: str | None = None) -> ScalarSelect[int]:
    """Id of the row that stands of a cell in one reading, within a query that has the cell."""
    table = schema.reviews.alias()
    return select(func.max(table.c.id)).where(table.c.cell_id == cell_id, chain(blind, table)).scalar_subquery()


def version_of(words: Iterable[Word]) -> int:
    """Of several cells together: it grows whenever one of them changes."""
    return max((word.version for word in words), default=0)


def locked(connection: Connection, case_id: int, patient: str, *, blind: str | None = None) -> bool:
    """Whether a signature stands under this reading of a patient."""
    return bool(connection.execute(select(_signed(case_id, literal(patient), blind=blind))).scalar_one())


def _signed(case_id: int, patient: ColumnElement[str], *, blind: str | None) -> ColumnElement[bool]:
    table = schema.signatures.c
    of_reading = table.blind.is_(False) if blind is None else table.blind & (table.name == blind)
    return exists().where(table.case_id == case_id, table.patient == patient, of_reading)


def _stands(change: Change, cell_id: int, expected: int, *, blind: str | None) -> tuple[Any, Word]:
    """The cell with its file's path, and its word. Raises NotInCase, ReadOnly, or Conflict for another version.

    One query: others wait for this change to end, and each further one costs them a way to the database and back.
    """
    inputs, cells, reviews = schema.inputs.c, schema.cells.c, schema.reviews.c
    signed = _signed(change.case_id, inputs.patient, blind=blind).label("signed")
    query = select(cells.id.label("cell"), cells.number, inputs.path, signed, schema.reviews).select_from(schema.cells)
    query = query.join(schema.inputs, inputs.id == cells.input_id)
    query = query.outerjoin(schema.reviews, reviews.id == newest_of(cells.id, blind=blind))
    row = change.connection.execute(query.where(cells.id == cell_id, inputs.case_id == change.case_id)).one_or_none()
    if row is None:
        raise NotInCase("cell")
    if row.signed:
        raise ReadOnly
    now = Word() if row.id is None else word_of(row)
    if now.version != expected:
        raise Conflict(now)
    return row, now


def _write(
    change: Change, cell: Any, before: Word, now: Word, *, action: str, role: str, who: str, withdrawn: bool = False
) -> Word:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    row = {
        "cell_id": cell.cell,
        "reader": who,
        "role": role,
        "at": at,
        "verdict": now.verdict,
        "note": now.note,
        "replaces": before.version or None,
        "withdrawn": withdrawn,
    }
    written = change.insert(schema.reviews, [row])
    subject = cell.path if cell.number is None else f"{cell.path} cell {cell.number}"
    change.log(action, subject, old=_said(before), new=_said(now), rows=written)
    return Word(version=written[0].id, verdict=now.verdict, note=now.note, reader=who, at=at)


def _said(word: Word) -> str:
    """For the log."""
    return word.verdict + (f" ({word.note})" if word.note else "")


def _stack(connection: Connection, cell_id: int, *, blind: str | None) -> list[Word]:
    """The words that stand one on the other, those taken back left out."""
    table = schema.reviews.c
    query = select(schema.reviews).where(table.cell_id == cell_id, chain(blind)).order_by(table.id)
    found: list[Word] = []
    for row in connection.execute(query):
        if row.withdrawn:
            found.pop()
        else:
            found.append(word_of(row))
    return found


def chain(blind: str | None, table: FromClause = schema.reviews) -> ColumnElement[bool]:
    """Rows of one reading: of the common one, or the blind one of a reader."""
    role, reader = table.c.role, table.c.reader
    return role != BLIND if blind is None else (role == BLIND) & (reader == blind)


def word_of(row: Any) -> Word:
    """row: of `schema.reviews`."""
    return Word(version=row.id, verdict=row.verdict, note=row.note, reader=row.reader, at=row.at)

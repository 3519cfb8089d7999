"""Signing a patient, which makes it read-only, and amending it, which makes a new version that names the old one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, select

from leukolens.base.errors import CaseError
from leukolens.cases import schema
from leukolens.cases.change import Change, Written
from leukolens.cases.reading import cells_of, patient_of
from leukolens.cases.review import Conflict, ReadOnly, locked, version_of, words
from leukolens.cases.store import Case


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Who vouches for what."""

    patient: str
    name: str
    role: str
    """Of the person in the laboratory, in their own words."""
    at: str
    """UTC, ISO 8601."""
    meaning: str
    reason: str
    """Why cells were left unreviewed; '' when none was."""
    blind: bool
    """Whether it stands under a blind second reading."""
    signed: str
    """Digest of the log's last entry before it: everything up to there is what was signed."""


def sign(
    case: Case, patient_id: int, *, role: str, meaning: str, expected: int, reason: str = "", blind: bool = False
) -> Signature:
    """Sign one reading of a patient in the name of the case's reader. The password was asked for before.

    expected: the newest version among the patient's cells that the reader saw (`version_of`). Raises Conflict; ReadOnly
    when it is signed already; CaseError when cells are unreviewed and no reason is given.
    """
    with case.change() as change:
        connection = change.connection
        patient = patient_of(connection, case.id, patient_id)
        reading = case.who if blind else None
        if locked(connection, case.id, patient, blind=reading):
            raise ReadOnly
        cells = cells_of(connection, case.id, patient, blind=reading)
        if version_of(cell.word for cell in cells) != expected:
            raise Conflict
        unread = sum(not cell.word.verdict for cell in cells)
        if unread and not reason.strip():
            raise CaseError(f"{unread} cells are unreviewed", hint="Review them, or say why they were left")
        signature = Signature(
            patient=patient,
            name=case.who,
            role=role,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            meaning=meaning,
            reason=reason.strip() if unread else "",
            blind=blind,
            signed=change.last()[1],
        )
        written = change.insert(schema.signatures, [{"case_id": case.id, **vars(signature)}])
        change.log("signed", patient, new=meaning, rows=written)
    return signature


def signatures(case: Case, patient: str) -> list[Signature]:
    """All that stand under a patient, the oldest first."""
    table = schema.signatures.c
    query = select(*(table[name] for name in Signature.__dataclass_fields__))
    query = query.where(table.case_id == case.id, table.patient == patient).order_by(table.id)
    with case.reading() as connection:
        found = [dict(row._mapping) for row in connection.execute(query)]
    return [Signature(**{**row, "blind": bool(row["blind"])}) for row in found]


def amend(case: Case, patient_id: int, *, name: str, reason: str) -> int:
    """A new case that holds a signed patient as it was signed, open again. Returns the new case's id.

    name: of the new case. Raises CaseError when the patient is not signed, was amended already, or no reason is given.
    """
    if not reason.strip():
        raise CaseError("an amendment needs a reason", hint="Say what needs correcting")
    with case.change() as change:
        patient = patient_of(change.connection, case.id, patient_id)
        if not locked(change.connection, case.id, patient):
            raise CaseError("this patient is not signed", hint="Correct it as it is")
        if newer(change, patient):
            raise CaseError("this patient has already been amended", hint="Continue with the newer version")
        row = {"name": name, "created_at": datetime.now(UTC).isoformat(timespec="seconds"), "amends": case.id}
        (made,) = change.insert(schema.cases, [row])
        change.log("amended", patient, new=f"{name}: {reason.strip()}")
        copy = Change(change.connection, made.id, who=case.who)
        old_name = change.connection.execute(
            select(schema.cases.c.name).where(schema.cases.c.id == case.id)
        ).scalar_one()
        copy.log(
            "created", name, old=old_name, new=reason.strip(), rows=[made, *_copy(change, case.id, patient, made.id)]
        )
        copy.finish()
    return made.id


def newer(change: Change, patient: str) -> bool:
    """Whether another case amends this one for this patient."""
    inputs, cases = schema.inputs.c, schema.cases.c
    query = select(cases.id).join(schema.inputs, inputs.case_id == cases.id)
    query = query.where(cases.amends == change.case_id, inputs.patient == patient).limit(1)
    return change.connection.execute(query).first() is not None


def _copy(change: Change, case_id: int, patient: str, to: int) -> list[Written]:
    """The patient's rows, with new ids; the model's card comes with them."""
    models, _ = _copied(change, schema.models, schema.models.c.case_id == case_id, {"case_id": {case_id: to}})
    chosen = (schema.inputs.c.case_id == case_id) & (schema.inputs.c.patient == patient)
    written, inputs = _copied(change, schema.inputs, chosen, {"case_id": {case_id: to}})
    more, cells = _copied(change, schema.cells, schema.cells.c.input_id.in_(inputs), {"input_id": inputs})
    rows = [*models, *written, *more]
    known: dict[int | None, int | None] = {None: None}  # a file without a cell has a verdict too
    known.update(cells.items())
    of_cell = {"cell_id": known}
    rows += _copied(change, schema.verdicts, schema.verdicts.c.input_id.in_(inputs), {"input_id": inputs, **of_cell})[0]
    rows += _copied(change, schema.overviews, schema.overviews.c.input_id.in_(inputs), {"input_id": inputs})[0]
    rows += _copied(change, schema.pictures, schema.pictures.c.cell_id.in_(cells), of_cell)[0]
    rows += _copied_reviews(change, cells)
    return rows


def _copied(
    change: Change, table: Table, chosen: Any, mapped: Mapping[str, Mapping[Any, Any]]
) -> tuple[list[Written], dict[int, int]]:
    """Rows again, with the columns in `mapped` turned; and old id → new id."""
    found = [dict(row._mapping) for row in change.connection.execute(select(table).where(chosen).order_by(table.c.id))]
    turned = [{**row, **{name: ids[row[name]] for name, ids in mapped.items()}} for row in found]
    written = change.insert(table, turned)
    return written, {row["id"]: new.id for row, new in zip(found, written, strict=True)}


def _copied_reviews(change: Change, cells: Mapping[int, int]) -> list[Written]:
    """What stood of each cell, as its first row; the history stays with the old version."""
    newest = [word.version for word in words(change.connection, list(cells)).values()]
    found: Sequence[Any] = change.connection.execute(
        select(schema.reviews).where(schema.reviews.c.id.in_(newest)).order_by(schema.reviews.c.id)
    ).all()
    rows = [
        {**row._mapping, "cell_id": cells[row.cell_id], "replaces": None, "withdrawn": False}
        for row in found
        if row.verdict or row.note
    ]
    return change.insert(schema.reviews, rows)

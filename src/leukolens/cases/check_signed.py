"""What was signed, and what amends it: does each signature stand on the log that it says, and each new version on it?

This finds what a whole chain hides: a word on a signed patient, a signature moved to another patient or reader, a case
that says it amends another and does not hold what was signed there.
"""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from leukolens.cases import schema
from leukolens.cases.finding import Finding
from leukolens.cases.review import BLIND


def signatures_stand(connection: Connection, case_id: int) -> Iterator[Finding]:
    """Each signature against the entry that wrote it, and what was said after it."""
    entries = {row.digest: row for row in _entries(connection, case_id)}
    wrote = {number: entry for entry in entries.values() for number in _rows(entry, "signatures")}
    table = schema.signatures
    for one in connection.execute(select(table).where(table.c.case_id == case_id)):
        entry = wrote.get(one.id)
        place = {"table": "signatures", "row": one.id, "file": one.patient}
        if entry is None:
            continue  # slipped in, which the ledger says
        if one.signed != entry.previous:
            yield Finding(**place, what="does not hold the digest of the log's entry before it: it signs another log")
        if (one.patient, one.name) != (entry.subject, entry.who):
            yield Finding(
                **place, what=f"is by {one.name} for {one.patient}; the log says {entry.who}, {entry.subject}"
            )
        yield from _said_after(connection, case_id, one, entry.seq)


def _said_after(connection: Connection, case_id: int, signature: Any, seq: int) -> Iterator[Finding]:
    """Words in the reading that was signed, written after its signature."""
    later = [number for entry in _entries(connection, case_id, after=seq) for number in _rows(entry, "reviews")]
    reviews, cells, inputs = schema.reviews.c, schema.cells.c, schema.inputs.c
    query = select(reviews.id, reviews.role, reviews.reader, inputs.path).join(
        schema.cells, cells.id == reviews.cell_id
    )
    query = query.join(schema.inputs, inputs.id == cells.input_id)
    query = query.where(inputs.case_id == case_id, inputs.patient == signature.patient).order_by(reviews.id)
    for row in connection.execute(query):
        blind = row.role == BLIND
        of_reading = blind == bool(signature.blind) and (not blind or row.reader == signature.name)
        if of_reading and row.id in later:
            what = f"was written after {signature.name} had signed: a signed patient is read-only"
            yield Finding(table="reviews", row=row.id, file=row.path, what=what)


def amendments_stand(connection: Connection, case_id: int) -> Iterator[Finding]:
    """The version that this case amends, and those that amend it, against what each log says."""
    cases = schema.cases.c
    one = connection.execute(select(schema.cases).where(cases.id == case_id)).one_or_none()
    if one is None:
        return
    newer = {row.name: row.id for row in connection.execute(select(schema.cases).where(cases.amends == case_id))}
    said = [entry for entry in _entries(connection, case_id) if entry.action == "amended"]
    for entry in said:
        if not any(entry.new.startswith(f"{name}: ") for name in newer):
            what = f"says that {entry.new.partition(': ')[0]} amends it, which is missing"
            yield Finding(table="log", row=entry.seq, file=entry.subject, what=what)
    for name, number in newer.items():
        patients = [entry.subject for entry in said if entry.new.startswith(f"{name}: ")]
        if not patients:
            what = "says that it amends a case, but that case's log does not mention it"
            yield Finding(table="cases", row=number, file=name, what=what)
        for patient in patients:
            yield from _holds_what_was_signed(connection, case_id, number, patient)


def _holds_what_was_signed(connection: Connection, old: int, new: int, patient: str) -> Iterator[Finding]:
    """Every answer of the software that stood in the old version stands in the new one."""
    signed, copied = (_judged(connection, case_id, patient) for case_id in (old, new))
    for (path, number), answer in signed.items():
        if copied.get((path, number)) != answer:
            cell = "" if number is None else f" cell {number}"
            what = "is not as it was signed in the version that it amends"
            yield Finding(table="cases", row=new, file=f"{path}{cell}", what=what)


def _judged(connection: Connection, case_id: int, patient: str) -> dict[tuple[str, int | None], tuple[Any, ...]]:
    """Path and the cell's number → the answer."""
    inputs, cells, verdicts = schema.inputs.c, schema.cells.c, schema.verdicts.c
    of_verdict = (verdicts.verdict, verdicts.p_all, verdicts.logit, verdicts.reason, verdicts.model_id)
    query = select(inputs.path, cells.number, inputs.sha256, *of_verdict)
    query = query.join(schema.verdicts, verdicts.input_id == inputs.id)
    query = query.outerjoin(schema.cells, cells.id == verdicts.cell_id)
    query = query.where(inputs.case_id == case_id, inputs.patient == patient)
    return {(row.path, row.number): tuple(row) for row in connection.execute(query)}


def _entries(connection: Connection, case_id: int, *, after: int = 0) -> list[Any]:
    log = schema.log.c
    query = select(schema.log).where(log.case_id == case_id, log.seq > after).order_by(log.seq)
    return list(connection.execute(query))


def _rows(entry: Any, table: str) -> list[int]:
    """Ids of the rows of a table that an entry wrote; none where the entry was edited, which was said before."""
    try:
        return [int(number) for number in json.loads(entry.rows or "{}").get(table, {})]
    except (ValueError, TypeError, AttributeError):
        return []

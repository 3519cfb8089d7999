"""Does a case hold what was written? Each row against its digest, all rows against the log, the log against its chain,
each signature against the log that it stands on.

What this finds: a row or entry that was edited, removed or slipped in by anyone who did not also write a whole new
chain. What it cannot find: that, and a whole file put in another's place. docs/cases.md tells what to do about it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, literal_column, select

from leukolens.cases import database, schema
from leukolens.cases.change import complete
from leukolens.cases.check_signed import amendments_stand, signatures_stand
from leukolens.cases.digest import row_digest
from leukolens.cases.finding import Finding
from leukolens.cases.store import Case

_Row = tuple[str, int]
"""Table and id."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was looked at, and what is wrong."""

    rows: int
    entries: int
    """Of the log."""
    findings: tuple[Finding, ...]


def check_all(case: Case) -> Checked:
    """Look at a case and at every version that amends it; in a file there must be no other. Raises as `check`."""
    family = case.family()
    looked = [check(one) for one in family]
    known = {one.id for one in family}
    strangers = [] if database.is_url(case.where) else [one for one in case.beside() if one not in known]
    slipped = [Finding(table="cases", row=one, file="", what="was slipped in: it amends no case") for one in strangers]
    return Checked(
        rows=sum(one.rows for one in looked),
        entries=sum(one.entries for one in looked),
        findings=(*(finding for one in looked for finding in one.findings), *slipped),
    )


def check(case: Case) -> Checked:
    """Look at every row and every entry of one case's log, at what was signed, and at what amends it.

    Raises CaseError when the database itself cannot be read.
    """
    with case.reading() as connection, database.any_text(connection):
        findings = list(_database(connection))
        ledger = _Ledger()
        findings += ledger.replay(connection, case.id)
        rows = 0
        for table, query in _tables(case.id):
            for row in connection.execution_options(yield_per=500).execute(query):
                rows += 1
                findings += ledger.compare(table, dict(row._mapping))
        findings += ledger.missing()
        findings += signatures_stand(connection, case.id)
        findings += amendments_stand(connection, case.id)
    return Checked(rows=rows, entries=ledger.entries, findings=tuple(findings))


def _database(connection: Connection) -> Iterator[Finding]:
    """SQLite's own look at its pages and indices."""
    if connection.dialect.name == "sqlite":
        for (said,) in connection.exec_driver_sql("PRAGMA integrity_check(9)"):
            if said != "ok":
                yield Finding(table="database", row=None, file="", what=said)


def _tables(case_id: int) -> Iterator[tuple[Table, Select[Any]]]:
    """Every table but the log, with the rows of this case and the path that each belongs to."""
    inputs, cells = schema.inputs, schema.cells
    nothing: ColumnElement[str] = literal_column("''")
    yield schema.cases, _raw(schema.cases, nothing).where(schema.cases.c.id == case_id)
    for table in (schema.models, schema.signatures):
        yield table, _raw(table, nothing).where(table.c.case_id == case_id)
    yield inputs, _raw(inputs, inputs.c.path).where(inputs.c.case_id == case_id)
    for table in (cells, schema.verdicts, schema.overviews):
        query = _raw(table, inputs.c.path).join(inputs, inputs.c.id == table.c.input_id)
        yield table, query.where(inputs.c.case_id == case_id)
    for table in (schema.pictures, schema.reviews):
        query = _raw(table, inputs.c.path).join(cells, cells.c.id == table.c.cell_id)
        yield table, query.join(inputs, inputs.c.id == cells.c.input_id).where(inputs.c.case_id == case_id)


def _raw(table: Table, path: Any) -> Select[Any]:
    """All columns without a type, so that a value that does not fit its column is seen and not converted."""
    columns: list[ColumnElement[Any]] = [
        literal_column(f"{table.name}.{column.name}").label(column.name) for column in table.columns
    ]
    return select(*columns, path.label("_path")).select_from(table)


class _Ledger:
    """What the log says must be there."""

    def __init__(self) -> None:
        self.entries = 0
        self._expected: dict[_Row, tuple[str, str]] = {}
        """Row → its digest, and the subject of the entry that wrote it."""

    def replay(self, connection: Connection, case_id: int) -> Iterator[Finding]:
        """Read the log from its beginning."""
        query = _raw(schema.log, literal_column("''")).where(schema.log.c.case_id == case_id).order_by(schema.log.c.seq)
        previous, seq = "", 0
        for row in connection.execution_options(yield_per=500).execute(query):
            self.entries += 1
            entry = dict(row._mapping)
            if entry["seq"] != seq + 1:
                yield _of_log(seq + 1, "", "is missing")
            elif entry["previous"] != previous:
                yield _of_log(
                    entry["seq"], entry["subject"], "does not follow the entry before it: the chain is broken"
                )
            if not _holds(schema.log, entry):
                yield _of_log(entry["seq"], entry["subject"], "was edited: its values do not match its digest")
            self._note(entry)
            previous, seq = entry["digest"], entry["seq"]

    def _note(self, entry: Mapping[str, Any]) -> None:
        try:
            listed = json.loads(entry["rows"]) if entry["rows"] else {}
            for table, rows in listed.items():
                for number, digest in rows.items():
                    if digest is None:
                        self._expected.pop((table, int(number)), None)
                    else:
                        self._expected[table, int(number)] = digest, entry["subject"]
        except (ValueError, TypeError, AttributeError):  # edited, which was said before
            return

    def compare(self, table: Table, row: Mapping[str, Any]) -> Iterator[Finding]:
        """One row that is there."""
        digest, _ = self._expected.pop((table.name, row["id"]), ("", ""))
        place = {"table": table.name, "row": row["id"], "file": str(row["_path"])}
        if not _holds(table, row):
            yield Finding(**place, what="was edited: its values do not match its digest")
        elif not digest:
            yield Finding(**place, what="was slipped in: no entry of the log wrote it")
        elif digest != row["digest"]:
            yield Finding(**place, what="was edited: its digest is not the one in the log")

    def missing(self) -> Iterator[Finding]:
        """Those that are not there."""
        for (table, number), (_, subject) in self._expected.items():
            yield Finding(table=table, row=number, file=subject, what="is missing: the log says that it was written")


def _of_log(seq: int, subject: str, what: str) -> Finding:
    return Finding(table="log", row=seq, file=subject, what=what)


def _holds(table: Table, row: Mapping[str, Any]) -> bool:
    try:
        return bool(row_digest(table.name, complete(table, row)) == row["digest"])
    except (ValueError, TypeError):  # a value of another type than its column's
        return False

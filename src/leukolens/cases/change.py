"""Change: one transaction of a case, which writes rows with their digests and says in the log what it wrote.

The log is a chain: each entry holds the digest of the one before. It is also the list of all rows that there must be,
so that `cases.check` finds a row that was edited, removed or slipped in.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Connection, Float, Table, delete, func, insert, select

from leukolens.cases import schema
from leukolens.cases.digest import row_digest


@dataclass(frozen=True, kw_only=True)
class Written:
    """A row that was written, or removed."""

    table: str
    id: int
    digest: str | None
    """None: it was removed."""


class Change:
    """Writes within one transaction that holds the case. Use it through `Case.change`."""

    def __init__(self, connection: Connection, case_id: int, *, who: str) -> None:
        self.connection = connection
        self.case_id = case_id
        self._who = who
        self._entries: list[dict[str, Any]] = []
        connection.execute(select(schema.cases.c.id).where(schema.cases.c.id == case_id).with_for_update())

    def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[Written]:
        """Write rows; what each has not is '' in a text that may not be empty, NULL elsewhere."""
        if not rows:
            return []
        whole = [complete(table, row) for row in rows]
        for number, row in zip(self._new_ids(table, len(rows)), whole, strict=True):
            row.update(id=number, digest=row_digest(table.name, row))
        self.connection.execute(insert(table), whole)
        return [Written(table=table.name, id=row["id"], digest=row["digest"]) for row in whole]

    def _new_ids(self, table: Table, count: int) -> list[int]:
        """Given out here: rows that ask the database for their ids are written one by one in SQLite."""
        if self.connection.dialect.name == "postgresql":
            sequence = func.pg_get_serial_sequence(table.name, "id")
            numbers = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
            return list(self.connection.execute(numbers).scalars())
        last = self.connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        return list(range(last + 1, last + 1 + count))  # this change alone writes until it ends

    def remove(self, table: Table, ids: Iterable[int]) -> list[Written]:
        """Remove rows by their ids."""
        found = list(ids)
        if found:
            self.connection.execute(delete(table).where(table.c.id.in_(found)))
        return [Written(table=table.name, id=number, digest=None) for number in found]

    def log(self, action: str, subject: str, *, old: str = "", new: str = "", rows: Iterable[Written] = ()) -> None:
        """Say what was done to what. rows: all that it wrote and removed."""
        listed: dict[str, dict[str, str | None]] = {}
        for row in rows:
            listed.setdefault(row.table, {})[str(row.id)] = row.digest
        text = json.dumps(listed, separators=(",", ":")) if listed else ""
        self._entries.append({"action": action, "subject": subject, "old": old, "new": new, "rows": text})

    def finish(self) -> None:
        """Append the entries to the chain."""
        if not self._entries:
            return
        seq, previous = self.last()
        at = datetime.now(UTC).isoformat(timespec="seconds")
        for entry in self._entries:
            seq += 1
            entry.update(case_id=self.case_id, seq=seq, at=at, who=self._who, previous=previous)
            previous = entry["digest"] = row_digest("log", entry)
        self.connection.execute(insert(schema.log), self._entries)

    def last(self) -> tuple[int, str]:
        """Number and digest of the newest entry that the log holds; those of this change are not in it yet."""
        log = schema.log.c
        query = select(log.seq, log.digest).where(log.case_id == self.case_id).order_by(log.seq.desc()).limit(1)
        last = self.connection.execute(query).one_or_none()
        return (0, "") if last is None else (last.seq, last.digest)


def complete(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """All columns but id and digest, each value as the database will give it back."""
    found: dict[str, Any] = {}
    for name, default, fraction, truth in _columns(table):
        value = row.get(name, default)
        if fraction and value is not None:
            value = float(value)  # a whole number in a column of fractions comes back as a fraction
        elif truth and value in (0, 1):
            value = bool(value)  # SQLite's truths are 0 and 1
        found[name] = value
    return found


@cache
def _columns(table: Table) -> tuple[tuple[str, str | None, bool, bool], ...]:
    """Name, what stands where nothing is given, and whether it holds fractions or truths."""
    return tuple(
        (column.name, None if column.nullable else "", isinstance(column.type, Float), isinstance(column.type, Boolean))
        for column in table.columns
        if column.name not in ("id", "digest")
    )

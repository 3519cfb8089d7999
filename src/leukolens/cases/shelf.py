"""Shelf: all cases of one store, a SQLite file or a PostgreSQL database, for a server that many readers use at once."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, select

from leukolens.base.closing import Closing
from leukolens.base.errors import CaseError
from leukolens.cases import database, schema
from leukolens.cases.store import Case

_READERS = 8


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A case as the work list names it."""

    id: int
    name: str
    created_at: str
    """UTC, ISO 8601."""
    amends: int | None
    """The case that this one replaces for its patient."""


class Shelf(Closing):
    """An open store. Use `Shelf.open`, and `with`."""

    def __init__(self, engine: Engine, where: str) -> None:
        self.where = where
        self._engine = engine
        self._known: frozenset[int] = frozenset()

    @classmethod
    def open(cls, where: Path | str) -> Self:
        """where: the .case file, or postgresql://user@host/database; both must exist. Raises CaseError."""
        place = str(where)
        if not database.is_url(place) and not Path(place).is_file():
            raise CaseError(
                "does not exist", path=place, hint="Give the .case file that `leukolens predict --case` wrote"
            )
        engine = database.connect(place)
        try:
            database.prepare(engine, place)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, place)

    def warm(self) -> None:
        """Open connections for as many readers as usually work at once, so that nobody's first word waits for one."""
        with ExitStack() as stack:
            for _ in range(_READERS):
                stack.enter_context(database.reading(self._engine, self.where))

    def cases(self) -> list[Listed]:
        """Every case, the oldest first."""
        table = schema.cases.c
        query = select(table.id, table.name, table.created_at, table.amends).order_by(table.id)
        with database.reading(self._engine, self.where) as connection:
            return [Listed(**row._mapping) for row in connection.execute(query)]

    def holds(self, case_id: int) -> bool:
        """Whether it is one of `cases`. None is ever removed: one that was seen is not looked for again."""
        if case_id not in self._known:
            self._known = frozenset(listed.id for listed in self.cases())
        return case_id in self._known

    def case(self, case_id: int, *, who: str) -> Case:
        """One of `cases`, in the name of a reader. It needs no closing: the connections are the shelf's."""
        return Case(self._engine, self.where, case_id, who=who)

    def close(self) -> None:
        """Leave it; a SQLite store is then one file."""
        self._engine.dispose()


def uploads_beside(where: str) -> Path:
    """Where dropped pictures are kept unless told otherwise: beside a file, in the user's data for a database."""
    if database.is_url(where):
        return Path.home() / ".local" / "share" / "leukolens" / "uploads"
    return Path(f"{where}.uploads")

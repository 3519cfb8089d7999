"""One run at a time fills a case: a second one is told so, and a run that is killed leaves no lock behind.

PostgreSQL has such locks (advisory ones, which go with the connection). For SQLite a second, empty database beside the
case holds one: its write lock belongs to the process and stands in no reader's way. Both work on every system.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, text

from leukolens.base.errors import CaseError
from leukolens.cases.database import is_url, shown, spoken

_NAMESPACE = 0x4C4C  # of our locks among those that others may hold in the same database


@contextlib.contextmanager
def alone(engine: Engine, where: str, case_id: int) -> Iterator[None]:
    """Hold the case for this run. Raises CaseError when another run holds it."""
    with _in_postgresql(engine, where, case_id) if is_url(where) else _beside(Path(where)):
        yield


@contextlib.contextmanager
def _in_postgresql(engine: Engine, where: str, case_id: int) -> Iterator[None]:
    with spoken(where), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        held = connection.execute(
            text("SELECT pg_try_advisory_lock(:space, :id)"), {"space": _NAMESPACE, "id": case_id}
        )
        if not held.scalar_one():
            raise _busy(where)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:space, :id)"), {"space": _NAMESPACE, "id": case_id})


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[None]:
    place = path.with_name(f"{path.name}-run")
    with spoken(str(path)):
        connection = sqlite3.connect(place, timeout=0, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = MEMORY")  # nothing is ever written in it: no second file beside it
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        connection.close()
        raise _busy(str(path)) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows keeps a file that is open, and then it stays, empty
            place.unlink()
        connection.close()


def _busy(where: str) -> CaseError:
    return CaseError("is being written by another run", path=shown(where), hint="Wait for it, or write another case")

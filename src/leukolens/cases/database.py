"""Where a case lives: a SQLite file or a PostgreSQL URL → an engine with this schema, and errors in our own words.

SQLite keeps a write-ahead log while a case is open, so that a reader never waits for a run; every commit is on the disk
before it is answered. A change takes the write lock when it begins, on both databases: none has to be tried again.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from leukolens.base.errors import CaseError, OutputError
from leukolens.base.extras import require
from leukolens.cases import schema

_POOL: dict[str, Any] = {"pool_size": 10, "max_overflow": 40}
"""Connections: a server answers 40 requests at once."""
PATIENCE = 30.0
"""Seconds that a change waits for another's to end."""


def is_url(where: str) -> bool:
    """Whether it names a PostgreSQL database, not a file."""
    return where.startswith(("postgresql://", "postgresql+psycopg://"))


def connect(where: str) -> Engine:
    """An engine for a file or a postgresql:// URL; nothing is read or written yet."""
    if is_url(where):
        require("psycopg", extra="postgres")
        return create_engine(where.replace("postgresql://", "postgresql+psycopg://", 1), pool_pre_ping=True, **_POOL)
    engine = create_engine(URL.create("sqlite", database=where), connect_args={"timeout": PATIENCE}, **_POOL)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # transactions begin in _begin, not where Python guesses
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextlib.contextmanager
def reading(engine: Engine, where: str) -> Iterator[Connection]:
    """A transaction that sees the case as it is now, whatever others write meanwhile."""
    with spoken(where), engine.connect() as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def writing(engine: Engine, where: str) -> Iterator[Connection]:
    """A transaction that is kept whole or not at all."""
    with spoken(where), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def spoken(where: str) -> Iterator[None]:
    """A database's error becomes one that names the case and what its reader can do."""
    try:
        yield
    except IntegrityError as error:
        hint = "Look at what it holds now, and try again"
        raise CaseError(f"rejects this change ({error.orig})", path=shown(where), hint=hint) from error
    except DBAPIError as error:
        raise _error(shown(where), error.orig) from error
    except sqlite3.Error as error:  # while a connection is made
        raise _error(shown(where), error) from error
    except UnicodeDecodeError as error:  # SQLite quotes a broken schema in its own error
        hint = "Restore its last backup"
        raise CaseError("is damaged: a text in it is not UTF-8", path=shown(where), hint=hint) from error


@contextlib.contextmanager
def any_text(connection: Connection) -> Iterator[None]:
    """Texts of a SQLite file as they are, also those that are not UTF-8, so that a check can name them."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    before, raw.text_factory = raw.text_factory, lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = before


def shown(where: str) -> str:
    """For messages: a URL without its password."""
    if not is_url(where):
        return where
    scheme, _, rest = where.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _error(where: str, error: BaseException | None) -> CaseError | OutputError:
    code = getattr(error, "sqlite_errorcode", None)
    code = None if code is None else code & 0xFF  # the rest of the bits tells more exactly which
    if code == sqlite3.SQLITE_FULL:
        hint = "Free some space, then continue with --resume: everything answered so far is kept"
        return OutputError("no space left while writing", path=where, hint=hint)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return CaseError("is being written by another program", path=where, hint="Wait for it and try again")
    if code == sqlite3.SQLITE_NOTADB:
        return CaseError(
            "is not a LeukoLens case", path=where, hint="Give the .case file that `leukolens predict --case` wrote"
        )
    if code == sqlite3.SQLITE_CORRUPT:
        return CaseError(
            "is damaged", path=where, hint="Restore its last backup; `leukolens check` names what is wrong"
        )
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM):
        return OutputError(f"cannot be opened or written ({error})", path=where, hint="Choose another place")
    reason = str(error).strip().partition("\n")[0]
    return CaseError(
        f"cannot be used ({reason})", path=where, hint="Check the address, and that the database is running"
    )


def prepare(engine: Engine, where: str) -> None:
    """Bring the database to this schema: make all tables in an empty one, migrate an older one.

    Raises CaseError for a database that holds anything else, or that a newer LeukoLens wrote.
    """
    with writing(engine, where) as connection:
        version = version_of(connection, where)
        if version is None:
            schema.metadata.create_all(connection)
            schema.alembic_version.create(connection)
            connection.execute(schema.alembic_version.insert().values(version_num=schema.VERSION))
        elif version != schema.VERSION:
            from leukolens.cases.migrations.migrate import upgrade

            upgrade(connection, where=shown(where))
    if version is None and not is_url(where):
        with spoken(where), engine.connect() as connection:
            connection.connection.execute("PRAGMA journal_mode = WAL")  # outside of a transaction; the file keeps it


def version_of(connection: Connection, where: str) -> str | None:
    """The migration that a database stands at; None for an empty one. Raises CaseError for anything else."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if not {"alembic_version", "cases"} <= tables:
        raise CaseError("is a database, but not a LeukoLens case", path=shown(where), hint="Give another name")
    found: str = connection.execute(select(schema.alembic_version.c.version_num)).scalar_one()
    return found

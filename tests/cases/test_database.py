"""Where a case lives, and what a database's own error becomes for its reader."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from leukolens.base.errors import CaseError, LeukoLensError, OutputError
from leukolens.cases import database, schema


def test_a_url_is_told_from_a_file_and_shown_without_its_password() -> None:
    url = "postgresql://me:se@cret@host:5432/day"
    assert [database.is_url(where) for where in (url, "postgresql+psycopg://host/day", "postgresql/day.case")] == [
        True,
        True,
        False,
    ]
    assert database.shown(url) == "postgresql://host:5432/day"
    assert database.shown("day.case") == "day.case"


def test_a_file_is_written_ahead_and_synced_with_its_keys_checked(tmp_path: Path) -> None:
    where = str(tmp_path / "x.case")
    engine = database.connect(where)
    database.prepare(engine, where)
    with database.reading(engine, where) as connection:
        found = [connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("journal_mode", "synchronous")]
        assert found == ["wal", 2]
        assert database.version_of(connection, where) == schema.VERSION
    with (
        pytest.raises(CaseError, match=r"x\.case: rejects this change \(FOREIGN KEY constraint failed\)"),
        database.writing(engine, where) as connection,
    ):
        connection.execute(schema.inputs.insert().values(case_id=10**9, path="a", digest="x"))
    engine.dispose()


def test_a_change_takes_the_write_lock_when_it_begins(tmp_path: Path) -> None:
    where = str(tmp_path / "x.case")
    engine = database.connect(where)
    database.prepare(engine, where)
    other = sqlite3.connect(where, timeout=0)
    with database.reading(engine, where):
        other.execute("BEGIN IMMEDIATE")
        other.rollback()
    with database.writing(engine, where), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()
    engine.dispose()


ERRORS = [
    ("SQLITE_FULL", OutputError, "no space left while writing. Free some space"),
    ("SQLITE_BUSY", CaseError, "is being written by another program. Wait for it"),
    ("SQLITE_NOTADB", CaseError, "is not a LeukoLens case"),
    ("SQLITE_CORRUPT", CaseError, "is damaged. Restore its last backup"),
    ("SQLITE_READONLY_DIRECTORY", OutputError, "cannot be opened or written (odd). Choose another place"),
    ("SQLITE_ERROR", CaseError, "cannot be used (odd)"),
]


@pytest.mark.parametrize(("code", "kind", "told"), ERRORS, ids=[code for code, _, _ in ERRORS])
def test_an_error_names_the_case_and_what_to_do(code: str, kind: type[LeukoLensError], told: str) -> None:
    error = sqlite3.OperationalError("odd\nsecond line")
    error.sqlite_errorcode = getattr(sqlite3, code)
    if code == "SQLITE_READONLY_DIRECTORY":
        error.args = ("odd",)
    with pytest.raises(kind) as caught, database.spoken("x.case"):
        raise error
    assert str(caught.value).startswith(f"x.case: {told}")


def test_another_program_s_database_is_no_case(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.begin() as connection:
        assert database.version_of(connection, "x.db") is None
        connection.execute(text("CREATE TABLE alembic_version (version_num)"))
        with pytest.raises(CaseError, match=r"x\.db: is a database, but not a LeukoLens case"):
            database.version_of(connection, "x.db")
    engine.dispose()

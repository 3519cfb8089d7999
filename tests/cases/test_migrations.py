"""A case of any version becomes one of this version; a new one is made as the migrations would make it."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from casemaker import judged
from sqlalchemy import text

from leukolens import Case
from leukolens.base.errors import CaseError
from leukolens.cases import database, schema
from leukolens.cases.migrations.migrate import head, upgrade


def test_the_schema_is_that_of_the_newest_migration() -> None:
    assert head() == schema.VERSION


def test_migrations_make_the_very_same_tables(tmp_path: Path) -> None:
    Case.create(tmp_path / "new.case").close()
    engine = database.connect(str(tmp_path / "migrated.case"))
    with database.writing(engine, "migrated.case") as connection:
        upgrade(connection, where="migrated.case")
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    engine.dispose()
    tables = [
        sorted(
            sqlite3.connect(tmp_path / name).execute(
                "SELECT name, tbl_name FROM sqlite_master WHERE name NOT LIKE '%autoindex%'"
            )
        )
        for name in ("new.case", "migrated.case")
    ]
    assert tables[0] == tables[1]
    with Case.create(tmp_path / "third.case") as case:
        case.add([judged("a")])


def test_a_case_of_a_newer_version_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.case"
    with Case.create(path) as case, case.change() as change:
        change.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = path.read_bytes()
    with pytest.raises(CaseError, match=r"x\.case: was written by a newer LeukoLens\. pip install --upgrade"):
        Case.open(path)
    assert path.read_bytes() == before

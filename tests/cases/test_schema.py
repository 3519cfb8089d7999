"""The tables are those of docs/cases.md, each row has a digest, and a case holds a path and a picture once."""

from pathlib import Path

import pytest
from casemaker import PICTURE, judged
from sqlalchemy import Boolean, Text, UniqueConstraint, create_engine

from leukolens import Case
from leukolens.base.errors import CaseError
from leukolens.cases import schema

TABLES = schema.metadata.sorted_tables
DOCS = Path(__file__).resolve().parents[2] / "docs" / "cases.md"


def test_every_row_has_a_digest_and_no_text_is_null_by_chance() -> None:
    for table in TABLES:
        assert not table.c.digest.nullable, table.name
        for column in table.columns:
            if isinstance(column.type, Text) and column.server_default is not None:
                assert not column.nullable, column
                assert column.server_default.arg == "", column  # type: ignore[attr-defined]
            assert not isinstance(column.type, Boolean) or column.server_default is None, column


def test_every_table_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [table.name for table in TABLES if f"`{table.name}`" not in text] == []


def test_constraints_have_names_that_a_migration_can_call_them_by() -> None:
    named = [one.name for table in TABLES for one in table.constraints if isinstance(one, UniqueConstraint)]
    assert {"uq_inputs_case_id_path", "uq_cells_input_id_number", "uq_pictures_cell_id"} <= set(named)


def test_a_case_holds_a_path_and_a_cell_s_picture_once(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case:
        case.add([judged("a")])
        with pytest.raises(CaseError, match="UNIQUE constraint failed: inputs"), case.change() as change:
            change.insert(schema.inputs, [{"case_id": case.id, "path": "a"}])
        with case.change() as change:
            change.insert(schema.inputs, [{"case_id": case.id, "path": "b"}])
        case.add_pictures({"a": PICTURE})
        with pytest.raises(CaseError, match="UNIQUE constraint failed: pictures"):
            case.add_pictures({"a": PICTURE})


def test_a_new_database_holds_these_tables_alone() -> None:
    from sqlalchemy import inspect

    engine = create_engine("sqlite://")
    schema.metadata.create_all(engine)
    assert set(inspect(engine).get_table_names()) == {table.name for table in TABLES}
    assert "alembic_version" not in schema.metadata.tables  # Alembic's own, and not part of what it compares
    engine.dispose()

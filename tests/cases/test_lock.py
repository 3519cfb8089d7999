"""One run at a time fills a case; what it leaves is neither a lock nor a file."""

import uuid
from pathlib import Path

import pytest
from casemaker import postgres

from leukolens.base.errors import CaseError, OutputError
from leukolens.cases import database
from leukolens.cases.lock import alone


def test_a_second_run_is_told_and_nothing_stays(tmp_path: Path) -> None:
    where = str(tmp_path / "x.case")
    engine = database.connect(where)
    with alone(engine, where, 1):
        assert [path.name for path in tmp_path.iterdir()] == ["x.case-run"]
        with pytest.raises(CaseError, match=r"x\.case: is being written by another run\. Wait for it"):
            alone(engine, where, 1).__enter__()
    assert list(tmp_path.iterdir()) == []
    with alone(engine, where, 1):
        pass
    engine.dispose()


def test_an_error_within_lets_go(tmp_path: Path) -> None:
    where = str(tmp_path / "x.case")
    engine = database.connect(where)
    with pytest.raises(ZeroDivisionError), alone(engine, where, 1):
        raise ZeroDivisionError
    with alone(engine, where, 1):
        pass
    engine.dispose()


def test_a_place_where_no_lock_can_be_is_named(tmp_path: Path) -> None:
    where = str(tmp_path / "none/x.case")
    engine = database.connect(where)
    with pytest.raises(OutputError, match=r"x\.case: cannot be opened or written"), alone(engine, where, 1):
        pass
    engine.dispose()


def test_in_postgresql_each_case_has_a_lock_of_its_own() -> None:
    where = postgres()
    first, second = database.connect(where), database.connect(where)
    number = uuid.uuid4().int % 2**30
    with (
        alone(first, where, number),
        alone(second, where, number + 1),
        pytest.raises(CaseError, match="is being written by another run"),
    ):
        alone(second, where, number).__enter__()
    with alone(second, where, number):
        pass
    first.dispose()
    second.dispose()

"""Which case a run writes: a new one, the one that it goes on with, or one that goes with it."""

from pathlib import Path

import pytest
from casemaker import judged

from leukolens.base.errors import CaseError, OutputError
from leukolens.cases import database
from leukolens.cases.run import case_beside, open_run


def test_a_new_case_is_made_once(tmp_path: Path) -> None:
    where = str(tmp_path / "x.case")
    with open_run(where, [], resume=False) as case:
        case.add([judged("a")])
    with pytest.raises(CaseError, match=r"x\.case: exists already\. Continue it with --resume"):
        open_run(where, [], resume=False).__enter__()
    with open_run(where, [], resume=True) as case:
        assert [row.path for row in case.rows()] == ["a"]


def test_going_on_with_nothing_begins(tmp_path: Path) -> None:
    with open_run(str(tmp_path / "x.case"), [tmp_path / "x.csv"], resume=True) as case:
        assert list(case.rows()) == []


def test_a_second_run_is_told(tmp_path: Path) -> None:
    where = str(tmp_path / "x.case")
    with open_run(where, [], resume=False), pytest.raises(CaseError, match="is being written by another run"):
        open_run(where, [], resume=True).__enter__()


def test_a_case_of_the_run_alone_leaves_nothing(tmp_path: Path) -> None:
    with open_run(None, [tmp_path / "x.html"], resume=False) as case:
        place = Path(case.where)
        assert place.exists()
    assert not place.parent.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_of_somebody_else_stops_the_run_before_a_case_is_made(tmp_path: Path, resume: bool) -> None:
    (tmp_path / "x.jsonl").write_text("mine")
    hint = r"which it would continue, does not exist" if resume else "Continue it with --resume"
    with pytest.raises(OutputError, match=rf"x\.jsonl: exists already\. .*{hint}"):
        open_run(str(tmp_path / "x.case"), [tmp_path / "x.csv", tmp_path / "x.jsonl"], resume=resume).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]


def test_the_case_of_a_table_stands_beside_it(tmp_path: Path) -> None:
    assert case_beside(tmp_path / "day.csv") == str(tmp_path / "day.csv.case")


def test_a_run_that_was_killed_before_its_case_began_begins_again(tmp_path: Path) -> None:
    where = str(tmp_path / "x.case")
    engine = database.connect(where)
    database.prepare(engine, where)
    engine.dispose()
    with open_run(where, [], resume=True) as case:
        assert case.name == "x"

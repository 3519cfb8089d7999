"""`leukolens check`: counts what it looked at, names what is wrong, and exits 1 only then."""

import sqlite3
from pathlib import Path

import pytest
from casemaker import judged
from command import leukolens

from leukolens import Case


@pytest.fixture
def day(tmp_path: Path) -> Path:
    with Case.create(tmp_path / "day.case") as case:
        case.add([judged("a.bmp"), judged("b.bmp")])
    return tmp_path / "day.case"


def test_a_whole_case_is_counted(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("check", day) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "7 rows, 3 log entries, 0 findings\n"  # the case, and three rows of either input


def test_each_finding_is_a_line(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(day)
    connection.execute("UPDATE verdicts SET p_all = 0.5")
    connection.execute("DELETE FROM log WHERE seq = 3")
    connection.commit()
    connection.close()
    assert leukolens("check", day) == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert any(line.startswith("verdicts row 1 (a.bmp): was edited") for line in lines)
    assert any(line.startswith("inputs row 2 (b.bmp): was slipped in") for line in lines)
    assert err.endswith(f"{len(lines)} findings\n")
    assert len(lines) > 2


def test_what_is_no_case_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("check", tmp_path / "x.case") == 1
    assert "x.case: does not exist. Give the .case" in capsys.readouterr().err

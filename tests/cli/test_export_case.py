"""`leukolens export-case`: what a case holds as files, and no file of anyone else's replaced."""

import json
from pathlib import Path

import pytest
from cardmaker import CARD
from casemaker import judged
from command import leukolens
from tablereader import read_csv

from leukolens import Case


@pytest.fixture
def day(tmp_path: Path) -> Path:
    with Case.create(tmp_path / "day.case") as case:
        case.use(CARD)
        case.add([judged("a.bmp"), judged("b.bmp", patient="H4")])
    return tmp_path / "day.case"


def test_each_form_is_written_where_it_was_asked_for(day: Path, tmp_path: Path) -> None:
    places = {form: tmp_path / f"out/x.{form}" for form in ("csv", "jsonl", "report")}
    options = [each for form, place in places.items() for each in (f"--{form}", place)]
    assert leukolens("export-case", day, *options, "--patients", tmp_path / "out/p.json") == 0
    assert [row["path"] for row in read_csv(places["csv"])] == ["a.bmp", "b.bmp"]
    assert [json.loads(line)["path"] for line in places["jsonl"].read_text().splitlines()] == ["a.bmp", "b.bmp"]
    assert places["report"].read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "H4" in (tmp_path / "out/p.json").read_text(encoding="utf-8")


def test_nothing_asked_for_is_wrong_usage(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("export-case", day) == 2
    assert "say what to write: --csv, --jsonl" in capsys.readouterr().err


def test_a_case_that_is_not_there_and_a_file_of_somebody_else(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leukolens("export-case", tmp_path / "none.case", "--csv", tmp_path / "x.csv") == 1
    assert "none.case: does not exist" in capsys.readouterr().err
    (tmp_path / "x.csv").write_text("mine")
    assert leukolens("export-case", day, "--csv", tmp_path / "x.csv") == 1
    assert "x.csv: exists already" in capsys.readouterr().err
    assert (tmp_path / "x.csv").read_text() == "mine"

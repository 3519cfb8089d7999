"""What is exported appears whole, and replaces nothing but an earlier export of the same case."""

from pathlib import Path

import pytest
from cardmaker import CARD
from casemaker import PICTURE, answer, judged
from htmlreport import Report
from tablereader import read_csv

from leukolens import Case
from leukolens.base.errors import CaseError, OutputError
from leukolens.report.export import export
from leukolens.report.tables import csv_lines, jsonl_lines


@pytest.fixture
def case(tmp_path: Path) -> Case:
    with Case.create(tmp_path / "x.case") as case:
        case.use(CARD)
        case.add([judged("=1+1.bmp", answer(picture=PICTURE)), judged("b.bmp")])
        yield case


def test_all_three_hold_the_rows(case: Case, tmp_path: Path) -> None:
    table, records, page = tmp_path / "new/x.csv", tmp_path / "new/x.jsonl", tmp_path / "new/x.html"
    export(case, csv=table, jsonl=records, report=page)
    rows = list(case.rows())
    assert table.read_bytes() == "".join(csv_lines(rows)).encode()
    assert records.read_bytes() == "".join(jsonl_lines(rows)).encode()
    assert [cell["path"] for cell in Report(page).cells] == ["=1+1.bmp", "b.bmp"]
    assert [(one.action, one.subject) for one in case.log()][-3:] == [
        ("exported", "x.csv"),
        ("exported", "x.jsonl"),
        ("exported", "x.html"),
    ]
    assert sorted(path.name for path in table.parent.iterdir()) == ["x.csv", "x.html", "x.jsonl"]


def test_an_export_is_replaced_by_a_newer_one_of_the_same_case_alone(case: Case, tmp_path: Path) -> None:
    table = tmp_path / "x.csv"
    export(case, csv=table)
    case.add([judged("c.bmp")])
    export(case, csv=table)
    assert len(read_csv(table)) == 3
    other = Case.create(tmp_path / "other.case")
    with other, pytest.raises(OutputError, match=r"x\.csv: exists already. It was not exported from this case"):
        export(other, csv=table)
    assert len(read_csv(table)) == 3


def test_a_table_that_its_user_changed_is_kept(case: Case, tmp_path: Path) -> None:
    table = tmp_path / "x.csv"
    export(case, csv=table)
    table.write_text(table.read_text() + "my note\n")
    with pytest.raises(OutputError, match="or has changed since: move it, or write another"):
        export(case, csv=table)
    assert table.read_text().endswith("my note\n")
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["x.csv"]


def test_a_case_without_a_verdict_gives_no_report(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case, pytest.raises(CaseError, match="holds no verdicts yet"):
        export(case, report=tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()


@pytest.mark.parametrize("place", ["folder", "file/x.csv"])
def test_a_place_that_cannot_be_written_is_named(case: Case, tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=place):
        export(case, csv=tmp_path / place)

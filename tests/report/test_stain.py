"""A patient of another stain is told of in each of its rows, wherever they go."""

import csv
import json
from pathlib import Path

from cardmaker import CALIBRATED
from casemaker import answer, judged

from leukolens import Case
from leukolens.report.export import export
from leukolens.report.stain import OTHER_STAIN

assert CALIBRATED.share_rule is not None
assert CALIBRATED.share_rule.hues is not None
LOW, HIGH = CALIBRATED.share_rule.hues


def filled(path: Path) -> Path:
    """Ten cells of A and B each; B's are stained otherwise, one of them was refused besides."""
    with Case.create(path) as case:
        case.use(CALIBRATED)
        for patient, hue in (("A", (LOW + HIGH) / 2), ("B", HIGH + 5)):
            inputs = [
                judged(f"{patient}{number}.bmp", answer(hue=hue), patient=patient, sha256=f"{patient}{number:063}")
                for number in range(10)
            ]
            inputs.append(
                judged(f"{patient}x.bmp", answer(verdict="refused", p_all=None, reason="is grey"), patient=patient)
            )
            case.add(inputs)
    return path


def test_each_row_of_the_patient_says_so_in_every_export(tmp_path: Path) -> None:
    with Case.open(filled(tmp_path / "day.case")) as case:
        export(case, csv=tmp_path / "a.csv", jsonl=tmp_path / "a.jsonl", report=tmp_path / "a.html")
        assert {row.reason for row in case.rows()} == {"", "is grey"}  # what was measured then stays as it is
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["reason"] for row in rows if row["patient"] == "A"} == {"", "is grey"}
    assert {row["reason"] for row in rows if row["patient"] == "B"} == {OTHER_STAIN, f"is grey; {OTHER_STAIN}"}
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [line["reason"] for line in lines] == [row["reason"] for row in rows]
    assert (tmp_path / "a.html").read_text().count(OTHER_STAIN) >= 11


def test_a_case_without_a_model_has_rows_all_the_same(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case:
        export(case, csv=tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().startswith("path,")

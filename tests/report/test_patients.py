"""report.patients: both tables hold what `decide.patient` answers, in the same words."""

import csv
import io
import json
from pathlib import Path

from cardmaker import CALIBRATED
from casemaker import answer, judged
from rowmaker import row

from leukolens import Case
from leukolens.report.export import export
from leukolens.report.patients import COLUMNS, patients_csv, patients_json
from leukolens.report.summary import PatientSummary, Tally


def summaries() -> list[PatientSummary]:
    tally = Tally(CALIBRATED)
    for n in range(20):
        called = n < 12
        verdict = "ALL" if called else "HEM"
        tally.add(row(patient="=P", verdict=verdict, p_all=0.9 if called else 0.1, sha256=str(n), hue=290.04))
    tally.add(row(patient="Q", verdict="refused", p_all=None))
    return tally.patients()


def test_both_hold_the_same_answers() -> None:
    found = summaries()
    records = json.loads("".join(patients_json(found, model_id="abc")))
    lines = list(csv.DictReader(io.StringIO("".join(patients_csv(found, model_id="abc")))))
    assert tuple(records[0]) == tuple(lines[0]) == COLUMNS
    first, second = records
    assert (first["patient"], first["files"], first["judged"], first["called_all"], first["hue"]) == (
        "=P",
        20,
        20,
        12,
        290.0,
    )
    assert first["statement"] == found[0].statement
    assert 0 <= first["low"] <= first["share"] <= first["high"] <= 1
    assert (second["share"], second["finding"], lines[1]["share"]) == (None, "too few cells", "")
    assert [line["statement"] for line in lines] == [one["statement"] for one in records]
    assert lines[0]["patient"] == "'=P"  # no formula


def test_white_cells_found_in_fields_are_counted_judged_or_not() -> None:
    tally = Tally(CALIBRATED)
    for cell, verdict, p_all in ((None, "ALL", 0.9), (1, "HEM", 0.1), (2, "refused", None)):
        path = "cut-out.bmp" if cell is None else "field.jpg"
        tally.add(row(path=path, patient="P", cell=cell, verdict=verdict, p_all=p_all, sha256=path))
    (record,) = json.loads("".join(patients_json(tally.patients(), model_id="abc")))
    assert (record["files"], record["found"], record["judged"]) == (2, 2, 2)


def test_a_case_is_exported_by_the_ending(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case:
        case.use(CALIBRATED)
        case.add([judged("a.bmp", answer())])
        export(case, patients=tmp_path / "p.csv")
        export(case, patients=tmp_path / "p.json")
    assert (tmp_path / "p.csv").read_text().startswith("patient,files,found,judged,")
    assert isinstance(json.loads((tmp_path / "p.json").read_text()), list)

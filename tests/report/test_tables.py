"""CSV and JSON Lines hold the rows: one line each, read back by Python alone, and no cell is a formula."""

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st
from rowmaker import ODD, row

from leukolens.base.names import from_cell, in_one_line
from leukolens.cases.row import COLUMNS, Row
from leukolens.report.tables import csv_lines, jsonl_lines

TEXTS = st.text().map(in_one_line)


def read(rows: list[Row]) -> list[dict[str, str]]:
    """By Python's own reader."""
    return list(csv.DictReader(io.StringIO("".join(csv_lines(rows)), newline="")))


def test_python_reads_the_csv_and_the_json() -> None:
    rows = read(ODD)
    assert [{name: from_cell(value) for name, value in one.items()} for one in rows] == [one.texts() for one in ODD]
    assert rows[0]["p_all"] == "0.750000"
    assert (rows[4]["verdict"], rows[4]["p_all"], rows[4]["sha256"]) == ("", "", "")
    records = [json.loads(line) for line in jsonl_lines(ODD)]
    assert [Row(**record) for record in records] == ODD
    assert list(records[0]) == list(rows[0]) == list(COLUMNS)
    assert (records[4]["verdict"], records[4]["p_all"]) == (None, None)


@given(path=TEXTS, patient=TEXTS, reason=TEXTS)
def test_any_text_comes_back_and_is_no_formula(path: str, patient: str, reason: str) -> None:
    one = row(path=path, patient=patient, reason=reason)
    (line,) = list(csv_lines([one]))[1:]
    assert line.encode().count(b"\n") == 1
    (found,) = read([one])
    for name, text in one.texts().items():
        assert not found[name].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert found[name] in (text, f"'{text}")
    (record,) = jsonl_lines([one])
    assert record.encode().count(b"\n") == 1
    assert Row(**json.loads(record)) == one


def test_a_formula_is_one_in_neither() -> None:
    (found,) = read([row(path="=HYPERLINK(1)", patient="-7", reason="@x")])
    assert (found["path"], found["patient"], found["reason"]) == ("'=HYPERLINK(1)", "'-7", "'@x")
    (record,) = jsonl_lines([row(path="=HYPERLINK(1)")])
    assert json.loads(record)["path"] == "=HYPERLINK(1)"


def test_the_lines_are_those_of_version_0_1_but_for_a_fields_cell() -> None:
    assert list(csv_lines([row()])) == [
        "path,cell,kind,sha256,patient,verdict,p_all,band,hue,reason,model_id,version,judged_at\n",
        f"cells/a.bmp,,,{'0' * 64},H3,ALL,0.750000,,,,0123456789ab,0.1.0,2026-01-02T03:04:05+00:00\n",
    ]

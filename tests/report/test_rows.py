"""A row is one line, in both formats and back to the same row; anything else is no row."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rowmaker import ODD, row

import leukolens
from leukolens.base.names import in_one_line, place_of
from leukolens.cases.row import COLUMNS, Row, row_of
from leukolens.predict.prediction import Prediction
from leukolens.report.rows import CSV, JSONL, Kind

DOCS = Path(__file__).resolve().parents[2] / "docs" / "predictions.md"
KINDS = pytest.mark.parametrize("kind", [CSV, JSONL], ids=["csv", "jsonl"])


@KINDS
@pytest.mark.parametrize("one", ODD, ids=lambda one: one.path)
def test_a_row_is_one_line_and_comes_back(kind: Kind, one: Row) -> None:
    line = kind.encode(one)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert kind.decode(line.removesuffix("\n")) == one


@KINDS
@given(path=st.text(), patient=st.text(), reason=st.text())
def test_any_text_comes_back(kind: Kind, path: str, patient: str, reason: str) -> None:
    one = row(path=in_one_line(path), patient=in_one_line(patient), reason=in_one_line(reason))
    data = kind.encode(one).encode()
    assert data.count(b"\n") == 1
    assert kind.decode(data.decode().removesuffix("\n")) == one


def test_python_reads_the_csv_and_the_json() -> None:
    table = io.StringIO(CSV.header + "".join(map(CSV.encode, ODD)), newline="")
    rows = list(csv.DictReader(table))
    assert rows == [one.texts() for one in ODD]
    assert rows[0]["p_all"] == "0.750000"
    assert (rows[4]["verdict"], rows[4]["p_all"], rows[4]["sha256"]) == ("", "", "")
    records = [json.loads(JSONL.encode(one)) for one in ODD]
    assert [Row(**record) for record in records] == ODD
    assert list(records[0]) == list(COLUMNS)
    assert (records[4]["verdict"], records[4]["p_all"]) == (None, None)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain é 中 \U0001f9ec", "plain é 中 \U0001f9ec"),
        ("two\nlines\r", r"two\nlines\r"),
        ("tab\tbell\x07 nul\x00 \x85", r"tab\tbell\x07 nul\x00 \x85"),
        ("\u2028\u2029", r"\u2028\u2029"),
        (b"caf\xe9.bmp".decode("utf-8", "surrogateescape"), r"caf\xe9.bmp"),
        ("\ud800", r"\ud800"),
        ("C:\\cells\\new.bmp", "C:\\cells\\new.bmp"),
        ("", ""),
    ],
)
def test_what_cannot_stand_in_a_line_is_escaped(text: str, line: str) -> None:
    assert in_one_line(text) == line
    assert in_one_line(line) == line
    line.encode()


BROKEN_CSV = [
    "",
    ",".join(["x"] * 9),
    ",".join(["x"] * 11),
    CSV.encode(row()).strip().replace("ALL", "perhaps"),
    CSV.encode(row()).strip().replace("0.750000", "1.5"),
    CSV.encode(row()).strip().replace("0.750000", "nan"),
    CSV.encode(row()).strip().replace("0.750000", "much"),
    '"' + CSV.encode(row()).strip(),
]
BROKEN_JSONL = [
    "",
    "{",
    "[]",
    "{}",
    JSONL.encode(row()).strip().replace('"ALL"', '"perhaps"'),
    JSONL.encode(row()).strip().replace("0.75", "-1"),
    JSONL.encode(row()).strip().replace("0.75", '"0.75"'),
    JSONL.encode(row(hue=287.3)).strip().replace("287.3", "361"),
    JSONL.encode(row()).strip().replace('"H3"', "3"),
    JSONL.encode(row()).strip().replace('"patient"', '"person"'),
]


@pytest.mark.parametrize(
    ("kind", "line"), [*((CSV, line) for line in BROKEN_CSV), *((JSONL, line) for line in BROKEN_JSONL)]
)
def test_anything_else_is_no_row(kind: Kind, line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # its text is shown, whatever it is
        kind.decode(line)


def test_a_prediction_becomes_a_row() -> None:
    prediction = Prediction(path="a\n.bmp", verdict="HEM", p_all=0.12345678, model_id="abc", sha256="ff", reason="")
    before = datetime.now(UTC).replace(microsecond=0)
    found = row_of(prediction, patient="P 1")
    assert before <= datetime.fromisoformat(found.judged_at) <= datetime.now(UTC)
    assert replace(found, judged_at="") == Row(
        path=r"a\n.bmp",
        sha256="ff",
        patient="P 1",
        verdict="HEM",
        p_all=0.123457,
        band="",
        hue=None,
        reason="",
        model_id="abc",
        version=leukolens.__version__,
        judged_at="",
    )
    assert row_of(replace(prediction, band=(0.25, 0.7)), patient="").band == "0.250000-0.700000"
    assert row_of(replace(prediction, hue=287.26), patient="").hue == 287.3


def test_only_an_answer_of_the_model_counts_as_judged() -> None:
    assert [one.judged for one in ODD] == [True, True, True, False, False, True, True]


def test_every_column_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert tuple(documented[: len(COLUMNS)]) == COLUMNS


def test_a_place_is_the_same_however_its_path_is_spelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.bmp", "line\nend.bmp", "caf\udce9.bmp"):
        whole = place_of(str(tmp_path / name))
        assert "\n" not in whole
        for spelled in (name, f"./{name}", f"deep/../{name}", in_one_line(name), whole):
            assert place_of(spelled) == whole
        assert place_of(name, folder=tmp_path / "deep") == place_of(str(tmp_path / "deep" / name)) != whole

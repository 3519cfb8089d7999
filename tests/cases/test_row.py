"""A prediction becomes a row, rounded as tables show it; every column is documented."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rowmaker import ODD

import leukolens
from leukolens.cases.row import COLUMNS, Row, row_of
from leukolens.predict.prediction import Prediction

DOCS = Path(__file__).resolve().parents[2] / "docs" / "predictions.md"


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
    assert row_of(prediction, patient="", path="as/before.bmp").path == "as/before.bmp"


def test_only_an_answer_of_the_model_counts_as_judged() -> None:
    assert [one.judged for one in ODD] == [True, True, True, False, False, True, True]


def test_every_column_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert tuple(documented[: len(COLUMNS)]) == COLUMNS

"""A patient's reading as it is handed on: cells, what they come to, who signed; and every patient by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cardmaker import CARD
from casemaker import answer, judged

from leukolens import Case
from leukolens.cases.review import NotInCase, review
from leukolens.cases.sign import sign
from leukolens.report.reading import Reading, reading_of, readings


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "day.case", who="Anna") as made:
        made.use(CARD)
        made.add([judged("a"), judged("b", answer(verdict="HEM", p_all=0.1)), judged("c", patient="")])
        yield made


def of(case: Case, name: str = "H3") -> Reading:
    return next(one for one in readings(case) if one.patient == name)


def test_it_holds_what_stands_now(case: Case) -> None:
    before = of(case)
    assert (before.case, before.patient, before.version, before.models) == ("day", "H3", 0, ["0123456789ab"])
    assert before.share is not None
    assert before.share.share == 0.5
    word = review(case, before.cells[0].id, role="reader", expected=0, verdict="not assessable")
    after = reading_of(case, before.id)
    assert (after.version, after.counts.read) == (word.version, 1)
    assert after.share != before.share
    assert after.software == before.software == "No share of blasts: this model has no share rule."


def test_only_common_signatures_stand_under_it(case: Case) -> None:
    patient = of(case).id
    sign(case, patient, role="reader", meaning="read", expected=0, reason="enough", blind=True)
    assert of(case).signatures == ()
    made = sign(case, patient, role="reader", meaning="read", expected=0, reason="enough")
    assert of(case).signatures == (made,)


def test_every_patient_is_read_and_of_nobody_nothing_is_said(case: Case) -> None:
    assert [one.patient for one in readings(case)] == ["", "H3"]
    assert of(case, "").software == ""
    with pytest.raises(NotInCase, match="this case holds no such patient"):
        reading_of(case, 10**6)

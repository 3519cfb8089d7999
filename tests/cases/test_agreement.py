"""Cohen's κ is the textbook's, and a second reading is shown when the first is signed."""

from pathlib import Path

import pytest
from casemaker import answer, judged

from leukolens import Case
from leukolens.cases.agreement import agreement, second_readings
from leukolens.cases.reading import ReadCell, cells_of, patients
from leukolens.cases.review import ReaderVerdict, review
from leukolens.cases.shelf import Shelf
from leukolens.cases.sign import sign


def test_kappa_by_hand() -> None:
    pairs = [("ALL", "ALL")] * 20 + [("ALL", "HEM")] * 5 + [("HEM", "ALL")] * 10 + [("HEM", "HEM")] * 15
    found = agreement(pairs)
    assert (found.cells, found.same) == (50, 35)
    assert found.kappa == pytest.approx((0.7 - 0.5) / 0.5)  # by chance: 0.5·0.6 + 0.5·0.4
    assert agreement([("ALL", "HEM"), ("HEM", "ALL")]).kappa == pytest.approx(-1)


def test_there_is_no_kappa_without_a_choice() -> None:
    assert agreement([]).kappa is None
    always = agreement([("ALL", "ALL")] * 3)
    assert (always.cells, always.same, always.kappa) == (3, 3, None)


def test_a_blind_reading_is_shown_beside_the_signed_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.case"
    with Case.create(path, who="Anna") as anna, Shelf.open(path) as shelf:
        anna.add([judged(name, answer()) for name in "abc"])
        bert, patient = shelf.case(anna.id, who="Bert"), patients(anna)[0].id
        ids = [cell.id for cell in _cells(anna)]
        _say(bert, ids, ["ALL", "HEM", "HEM"], patient, blind=True)
        assert second_readings(anna, "H3") == []  # Anna has yet to sign
        _say(anna, ids, ["ALL", "ALL", "HEM"], patient)
        (second,) = second_readings(anna, "H3")
    assert (second.signature.name, second.agreement.cells, second.agreement.same) == ("Bert", 3, 2)
    ((mine, other),) = second.differ
    assert (mine.path, mine.word.verdict, other.word.verdict) == ("b", "ALL", "HEM")


def _cells(case: Case) -> list[ReadCell]:
    with case.reading() as connection:
        return cells_of(connection, case.id, "H3")


def _say(case: Case, ids: list[int], verdicts: list[ReaderVerdict], patient: int, *, blind: bool = False) -> None:
    said = [
        review(case, cell, role="reader", expected=0, verdict=verdict, blind=blind)
        for cell, verdict in zip(ids, verdicts, strict=True)
    ]
    sign(case, patient, role="reader", meaning="read", expected=max(word.version for word in said), blind=blind)

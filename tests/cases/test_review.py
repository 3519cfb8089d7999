"""A reader's words replace one another, none is lost, and a signed patient is read-only."""

import threading
from collections.abc import Iterator

import pytest
from casemaker import PICTURE, answer, judged

from leukolens import Case
from leukolens.base.errors import CaseError
from leukolens.cases.check import check
from leukolens.cases.reading import ReadCell, cells_of, count, patients
from leukolens.cases.review import Conflict, NotInCase, ReadOnly, review, undo, version_of
from leukolens.cases.shelf import Shelf
from leukolens.cases.sign import amend, sign, signatures


@pytest.fixture
def case(place: dict[str, str]) -> Iterator[Case]:
    """Two patients: H3 with an ALL, an uncertain and a refused cell, H4 with a HEM."""
    with Case.create(**place, who="Anna") as made:
        made.add(
            [
                judged("a", answer(p_all=0.9, picture=PICTURE)),
                judged("b", answer(verdict="uncertain", p_all=0.55)),
                judged("c", answer(verdict="refused", p_all=None, reason="is blurred")),
                judged("d", answer(verdict="HEM", p_all=0.1), patient="H4"),
                judged("e", answer(cell=None, verdict=None, p_all=None, reason="is empty"), sha256=""),
            ]
        )
        yield made
        assert check(made).findings == ()


def cells(case: Case, patient: str = "H3", *, blind: str | None = None) -> dict[str, ReadCell]:
    with case.reading() as connection:
        return {cell.path: cell for cell in cells_of(connection, case.id, patient, blind=blind)}


def test_the_work_list_counts_what_stands(case: Case) -> None:
    first, second = patients(case)
    assert (first.name, first.state, first.unreadable, second.name) == ("H3", "new", 1, "H4")
    assert list(cells(case)) == ["b", "a", "c"]  # the uncertain first, what has no probability last
    review(case, cells(case)["a"].id, role="reader", expected=0, verdict="HEM")
    review(case, cells(case)["c"].id, role="reader", expected=0, verdict="not assessable")
    first = patients(case)[0]
    assert first.state == "in review"
    assert (first.counts.cells, first.counts.read, first.counts.differ, first.counts.counted) == (3, 2, 1, 1)
    assert first.counts.groups["HEM"] == first.counts.groups["not assessable"] == first.counts.groups["uncertain"] == 1
    assert cells(case)["a"].verdict == "ALL"  # the software's stays


def test_words_replace_one_another_and_can_be_taken_back(case: Case) -> None:
    cell = cells(case)["a"].id
    one = review(case, cell, role="reader", expected=0, verdict="HEM")
    two = review(case, cell, role="reader", expected=one.version, note="smudged")
    assert (two.verdict, two.note, two.reader) == ("HEM", "smudged", "Anna")
    three = review(case, cell, role="reader", expected=two.version, verdict="ALL")
    for expected in (("HEM", "smudged"), ("HEM", ""), ("", "")):
        three = undo(case, cell, role="reader", expected=three.version)
        assert (three.verdict, three.note) == expected
    with pytest.raises(CaseError, match="nothing to take back"):
        undo(case, cell, role="reader", expected=three.version)
    assert review(case, cell, role="reader", expected=three.version, verdict="ALL").verdict == "ALL"
    said = [(entry.action, entry.old, entry.new) for entry in case.log() if entry.subject == "a"][1:]
    assert said == [
        ("reviewed", "", "HEM"),
        ("noted", "HEM", "HEM (smudged)"),
        ("reviewed", "HEM (smudged)", "ALL (smudged)"),
        ("undone", "ALL (smudged)", "HEM (smudged)"),
        ("undone", "HEM (smudged)", "HEM"),
        ("undone", "HEM", ""),
        ("reviewed", "", "ALL"),
    ]


def test_of_many_at_once_one_is_taken_and_the_others_are_told_what_stands(case: Case) -> None:
    cell = cells(case)["a"].id
    told: list[Conflict] = []
    taken = []

    def say(verdict: str) -> None:
        try:
            taken.append(review(case, cell, role="reader", expected=0, verdict=verdict))  # type: ignore[arg-type]
        except Conflict as conflict:
            told.append(conflict)

    threads = [threading.Thread(target=say, args=(verdict,)) for verdict in ("ALL", "HEM", "other kind") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert {conflict.now for conflict in told} == {taken[0]}
    assert len(told) == 5


def test_a_cell_of_another_case_is_out_of_reach(case: Case, place: dict[str, str]) -> None:
    with Shelf.open(place["where"]) as shelf:
        other = shelf.case(case.id + 1, who="Eve")
        with pytest.raises(NotInCase):
            review(other, cells(case)["a"].id, role="reader", expected=0, verdict="HEM")
        with pytest.raises(NotInCase):
            sign(other, patients(case)[0].id, role="", meaning="read", expected=0, reason="x")


def test_signing_asks_for_every_cell_or_a_reason_and_closes_the_patient(case: Case) -> None:
    patient = patients(case)[0].id
    with pytest.raises(CaseError, match="3 cells are unreviewed"):
        sign(case, patient, role="technician", meaning="read", expected=0, reason=" ")
    word = review(case, cells(case)["a"].id, role="reader", expected=0, verdict="ALL")
    with pytest.raises(Conflict):
        sign(case, patient, role="technician", meaning="read", expected=0, reason="clear enough")
    last = list(case.log())[-1].digest
    sign(case, patient, role="technician", meaning="read", expected=word.version, reason="clear enough")
    (signature,) = signatures(case, "H3")
    assert (signature.name, signature.role, signature.reason) == ("Anna", "technician", "clear enough")
    assert signature.signed == last
    for act in (
        lambda: review(case, cells(case)["b"].id, role="reader", expected=0, verdict="ALL"),
        lambda: undo(case, cells(case)["a"].id, role="reader", expected=word.version),
        lambda: sign(case, patient, role="", meaning="", expected=word.version, reason="again"),
    ):
        with pytest.raises(ReadOnly):
            act()
    assert [one.state for one in patients(case)] == ["signed", "new"]
    review(case, cells(case, "H4")["d"].id, role="reader", expected=0, verdict="ALL")


def test_an_amendment_is_a_new_version_that_names_the_old(case: Case, place: dict[str, str]) -> None:
    patient = patients(case)[0].id
    word = review(case, cells(case)["a"].id, role="reader", expected=0, verdict="HEM", note="pale")
    with pytest.raises(CaseError, match="not signed"):
        amend(case, patient, name="x", reason="y")
    sign(case, patient, role="", meaning="read", expected=word.version, reason="enough")
    name = f"{place.get('name', 'day')}-2"
    number = amend(case, patient, name=name, reason="one cell was called wrongly")
    with pytest.raises(CaseError, match="already been amended"):
        amend(case, patient, name=f"{name}b", reason="again")
    with Shelf.open(place["where"]) as shelf:
        (listed,) = (one for one in shelf.cases() if one.id == number)
        assert (listed.name, listed.amends) == (name, case.id)
        new = shelf.case(number, who="Bert")
        (found,) = patients(new)
        assert (found.name, found.state, found.counts.read) == ("H3", "in review", 1)
        assert check(new).findings == ()
        old = cells(new)["a"]
        assert (old.word.verdict, old.word.note, old.word.reader, old.pictured) == ("HEM", "pale", "Anna", True)
        assert review(new, old.id, role="reader", expected=old.word.version, verdict="ALL").verdict == "ALL"
    assert cells(case)["a"].word.verdict == "HEM"
    with Case.open(**place) as again:
        assert again.id == case.id  # a run goes on with the day, not with an amendment


def test_a_blind_reading_sees_and_touches_no_other(case: Case, place: dict[str, str]) -> None:
    cell = cells(case)["a"].id
    first = review(case, cell, role="reader", expected=0, verdict="ALL")
    with Shelf.open(place["where"]) as shelf:
        bert = shelf.case(case.id, who="Bert")
        second = review(bert, cell, role="reader", expected=0, verdict="HEM", blind=True)
        assert cells(case)["a"].word == first
        assert cells(case, blind="Bert")["a"].word == second
        assert cells(case, blind="Carla")["a"].word.version == 0
        patient = patients(case)[0].id
        sign(case, patient, role="", meaning="read", expected=first.version, reason="enough")
        second = undo(bert, cell, role="reader", expected=second.version, blind=True)
        seen = cells(case, blind="Bert")
        assert count(list(seen.values())).read == 0
        assert version_of(one.word for one in seen.values()) == second.version
        sign(bert, patient, role="", meaning="read", expected=second.version, reason="enough", blind=True)
        with pytest.raises(ReadOnly):
            review(bert, cell, role="reader", expected=second.version, verdict="HEM", blind=True)

"""The database counts a patient's cells as the cells themselves do, in every reading, and knows what changed since."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from casemaker import answer, judged
from handmaker import PATIENT, field

from leukolens import Case
from leukolens.cases.missed import add_missed
from leukolens.cases.reading import cells_of, count, counts_of, patients
from leukolens.cases.review import Word, review, undo, version_of
from leukolens.cases.tally import Tally, tally, words_since


@pytest.fixture
def case(place: dict[str, str], tmp_path: Path) -> Iterator[Case]:
    """Two patients; of the first every kind of word, an added cell, and a blind reading of Anna's."""
    with Case.create(**place, who="Anna") as made:
        made.add([field(tmp_path / "field.png")])  # type: ignore[list-item]
        made.add([judged("a", answer(verdict="refused", p_all=None), patient=PATIENT), judged("b", patient="other")])
        made.add([judged("gone", answer(cell=None, verdict=None, p_all=None), patient="none", sha256="")])
        yield made


def ids(case: Case, patient: str = PATIENT) -> list[int]:
    with case.reading() as connection:
        return [cell.id for cell in cells_of(connection, case.id, patient)]


def speak(case: Case) -> list[Word]:
    """A call, a correction, a note alone, one taken back, one that the finder missed, and a blind one."""
    first, second, third, fourth = ids(case)
    said = [review(case, first, role="reader", expected=0, verdict="ALL")]
    said.append(review(case, first, role="reader", expected=said[0].version, verdict="not a cell"))
    said.append(review(case, second, role="reader", expected=0, note="nucleoli"))
    said.append(review(case, third, role="reader", expected=0, verdict="HEM"))
    said.append(undo(case, third, role="reader", expected=said[3].version))
    said.append(review(case, fourth, role="reader", expected=0, verdict="ALL", blind=True))
    number = next(one.id for one in case.inputs() if one.kind == "field")
    said.append(add_missed(case, number, box=(300, 200, 360, 260), verdict="other kind", role="reader")[1])
    return said


@pytest.mark.parametrize("blind", [None, "Anna", "Bert"])
def test_it_counts_as_the_cells_do(case: Case, blind: str | None) -> None:
    for said in (False, True):
        if said:
            speak(case)
        with case.reading() as connection:
            found = tally(connection, case.id, blind=blind)
            assert set(found) == {PATIENT, "other"}
            for patient, one in found.items():
                cells = cells_of(connection, case.id, patient, blind=blind)
                assert counts_of(one.cells) == count(cells)
                assert one.version == version_of(cell.word for cell in cells)
                assert tally(connection, case.id, patient=patient, blind=blind) == {patient: one}
            assert tally(connection, case.id, patient="none", blind=blind).get("none", Tally()) == Tally()


def test_the_work_list_shows_it(case: Case) -> None:
    speak(case)
    found = {one.name: one.counts for one in patients(case)}
    assert (found[PATIENT].cells, found[PATIENT].read, found["none"].cells) == (5, 2, 0)
    assert (found[PATIENT].groups["not a cell"], found[PATIENT].groups["other kind"]) == (1, 1)


def test_what_was_said_since_is_the_newest_word_of_each_cell(case: Case) -> None:
    said = speak(case)
    first, second, third, *_ = ids(case)
    with case.reading() as connection:
        everything = words_since(connection, case.id, PATIENT, since=0)
        assert [everything[cell] for cell in (first, second, third)] == [said[1], said[2], said[4]]
        assert len(everything) == 4  # the added one too, and nobody's blind one
        later = words_since(connection, case.id, PATIENT, since=said[2].version)
        assert set(later) == set(everything) - {first, second}
        assert words_since(connection, case.id, PATIENT, since=said[-1].version) == {}
        assert words_since(connection, case.id, "other", since=0) == {}
        assert list(words_since(connection, case.id, PATIENT, since=0, blind="Anna").values()) == [said[5]]
        assert words_since(connection, case.id, PATIENT, since=0, blind="Bert") == {}

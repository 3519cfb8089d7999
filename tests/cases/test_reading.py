"""A reader's view of a case: the order of the cells, what each counts as, and how a patient stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from casemaker import answer, judged
from readmaker import read_cell

from leukolens import Case
from leukolens.cases.reading import GROUPS, cells_of, count, patient_of, patients, state_of, without_cell
from leukolens.cases.record import Cell
from leukolens.cases.review import NotInCase, review
from leukolens.cases.sign import sign

FIELD_CELL = Cell(number=4, box=(1, 2, 30, 40), polygon=((1.0, 2.0), (30.0, 40.0), (1.0, 40.0)), area_um2=80.5)


def test_the_reader_s_word_counts_before_the_software_s() -> None:
    assert [cell.group for cell in (read_cell("ALL"), read_cell("ALL", "HEM"), read_cell("refused", "other kind"))] == [
        "ALL",
        "HEM",
        "other kind",
    ]
    assert read_cell("refused").group == read_cell(None).group == "not judged"


def test_doubt_is_greatest_at_one_half() -> None:
    doubts = [read_cell("ALL", p_all=p_all).doubt for p_all in (0.5, 0.75, 0.0, None)]
    assert doubts == pytest.approx([1, 0.5, 0, -1])


def test_counts_tell_what_was_read_and_what_differs() -> None:
    cells = [
        read_cell("ALL"),
        read_cell("ALL", "ALL"),
        read_cell("HEM", "ALL"),
        read_cell("uncertain", "HEM"),
        read_cell("refused"),
    ]
    found = count(cells)
    assert (found.cells, found.read, found.differ, found.counted) == (5, 3, 1, 4)
    assert (found.called_all, found.called_hem) == (2, 1)
    assert {name: number for name, number in found.groups.items() if number} == {"ALL": 3, "HEM": 1, "not judged": 1}
    assert tuple(found.groups) == GROUPS


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "x.case", who="Anna") as made:
        made.add(
            [
                judged("sure", answer(p_all=0.99)),
                judged("field", answer(cell=FIELD_CELL, p_all=0.6), kind="field"),
                judged("unsure", answer(verdict="uncertain", p_all=0.8)),
                judged("gone", answer(cell=None, verdict=None, p_all=None), patient="", kind="unreadable", sha256=""),
            ]
        )
        yield made


def test_the_uncertain_come_first_and_a_field_s_cell_keeps_its_place(case: Case) -> None:
    with case.reading() as connection:
        cells = cells_of(connection, case.id, "H3")
    assert [cell.path for cell in cells] == ["unsure", "field", "sure"]
    placed = cells[1]
    assert (placed.number, placed.box, placed.polygon, placed.area_um2) == (
        4,
        (1, 2, 30, 40),
        FIELD_CELL.polygon,
        80.5,
    )
    assert cells[0].box is None
    assert cells[0].content == "0" * 64


def test_a_patient_is_new_in_review_and_signed(case: Case) -> None:
    unknown, known = patients(case)
    assert (unknown.name, unknown.unreadable, unknown.counts.cells) == ("", 1, 0)
    with case.reading() as connection:
        assert without_cell(connection, case.id, "") == [("gone", "")]
        assert without_cell(connection, case.id, "H3") == []
    assert (known.name, known.unreadable, known.state) == ("H3", 0, "new")
    with case.reading() as connection:
        cell = cells_of(connection, case.id, "H3")[0]
    word = review(case, cell.id, role="reader", expected=0, verdict="HEM")
    assert patients(case)[1].state == "in review"
    sign(case, known.id, role="", meaning="read", expected=word.version, reason="enough")
    with case.reading() as connection:
        counts = count(cells_of(connection, case.id, "H3"))
        assert state_of(connection, case.id, "H3", counts) == "signed"
        assert state_of(connection, case.id, "H3", counts, blind="Bert") == "in review"
        assert patient_of(connection, case.id, known.id) == "H3"
        with pytest.raises(NotInCase, match="this case holds no such patient"):
            patient_of(connection, case.id + 1, known.id)

"""A cell that a reader adds: it counts in the common reading, and the software's own words stay as they were."""

from pathlib import Path

import pytest
from casemaker import PICTURE
from handmaker import PATIENT, case_to_hand_on, field, reading

from leukolens import Case
from leukolens.base.errors import CaseError
from leukolens.cases.agreement import second_readings
from leukolens.cases.check import check
from leukolens.cases.missed import add_missed
from leukolens.cases.reading import cells_of, patients
from leukolens.cases.record import ADDED
from leukolens.cases.review import NotInCase, ReadOnly, review, undo
from leukolens.cases.sign import sign

FIELD = 4
"""Id of the input."""
BOX = (300, 200, 360, 260)


def add(case: Case, box: tuple[int, int, int, int] = BOX, **changes: object) -> int:
    given = {"box": box, "verdict": "ALL", "role": "reader", "picture": PICTURE, **changes}
    return add_missed(case, FIELD, **given)[0]  # type: ignore[arg-type]


def test_it_counts_and_the_software_s_words_stay(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        rows, before = list(case.rows()), reading(case)
        made = add(case)
        after = reading(case)
        (cell,) = (cell for cell in after.cells if cell.id == made)
        assert (cell.number, cell.kind, cell.box, cell.verdict, cell.group) == (4, ADDED, BOX, None, "ALL")
        assert (cell.word.verdict, cell.word.reader, cell.pictured) == ("ALL", "Anna Weiß", True)
        assert after.counts.groups["ALL"] == before.counts.groups["ALL"] + 1
        assert (after.software, list(case.rows())) == (before.software, rows)
        last = list(case.log())[-1]
        assert (last.action, last.subject.rpartition("/")[2], last.new) == ("added", "field.png cell 4", "ALL")
        assert check(case).findings == ()


def test_it_can_be_said_otherwise_and_taken_back(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        made = add(case)

        def group() -> str:
            return next(cell.group for cell in reading(case).cells if cell.id == made)

        version = next(cell.word.version for cell in reading(case).cells if cell.id == made)
        word = review(case, made, role="reader", expected=version, verdict="not a cell")
        assert group() == "not a cell"
        word = undo(case, made, role="reader", expected=word.version)
        assert group() == "ALL"
        undo(case, made, role="reader", expected=word.version)
        assert group() == "not judged"


def test_one_that_is_none_counts_no_more(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        before = reading(case).counts
        found = next(cell for cell in reading(case).cells if cell.box and cell.verdict == "ALL")
        review(case, found.id, role="reader", expected=0, verdict="not a cell")
        after = reading(case).counts
        assert (after.counted, after.cells) == (before.counted - 1, before.cells)


@pytest.mark.parametrize(
    ("box", "why"),
    [
        ((300, 200, 305, 260), "at least 6 px"),
        ((360, 260, 300, 200), "at least 6 px"),
        ((390, 200, 410, 260), "outside the field"),
        ((-1, 200, 60, 260), "outside the field"),
        ((125, 32, 188, 98), "cell 2 is already there"),
    ],
)
def test_a_box_that_cannot_be_a_missed_cell_is_refused(
    tmp_path: Path, box: tuple[int, int, int, int], why: str
) -> None:
    with case_to_hand_on(tmp_path) as case, pytest.raises(CaseError, match=why):
        add(case, box)


def test_it_needs_a_field_of_this_case_and_an_open_patient(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path, signed=True) as case:
        with pytest.raises(ReadOnly):
            add(case)
        for number in (1, 99):  # a cut-out, and none
            with pytest.raises(NotInCase):
                add_missed(case, number, box=BOX, verdict="ALL", role="reader")


def test_a_blind_reader_sees_no_added_cell_and_agreement_leaves_it_out(tmp_path: Path) -> None:
    with Case.create(tmp_path / "day.case", who="Anna") as case:
        case.add([field(tmp_path / "field.png")])  # type: ignore[list-item]
        add_missed(case, 1, box=BOX, verdict="ALL", role="reader")
        bert = Case.open(case.where, who="Bert")
        with bert, bert.reading() as connection:
            assert len(cells_of(connection, case.id, PATIENT, blind="Bert")) == 3
            assert len(cells_of(connection, case.id, PATIENT)) == 4
            given = {"role": "x", "meaning": "y", "reason": "z"}
        with Case.open(case.where, who="Bert") as second:
            sign(second, patients(case)[0].id, expected=0, blind=True, **given)
        version = max(cell.word.version for cell in reading(case).cells)
        sign(case, patients(case)[0].id, expected=version, **given)
        (one,) = second_readings(case, PATIENT)
        assert one.agreement.cells == 0


def test_a_field_with_an_added_cell_is_not_judged_again(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        add(case)
        with pytest.raises(CaseError, match="was reviewed"):
            case.add([field(tmp_path / "field.png")])  # type: ignore[list-item]

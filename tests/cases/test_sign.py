"""What a signature holds, what it needs, and what an amendment copies."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cardmaker import CARD
from casemaker import PICTURE, answer, judged

from leukolens import Case
from leukolens.base.errors import CaseError
from leukolens.cases import schema
from leukolens.cases.check import check
from leukolens.cases.reading import cells_of, patients
from leukolens.cases.review import Conflict, NotInCase, ReadOnly, review
from leukolens.cases.shelf import Shelf
from leukolens.cases.sign import amend, newer, sign, signatures


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """Two cells of H3, one of H4, one file of H3 without a cell."""
    with Case.create(tmp_path / "x.case", who="Anna") as made:
        made.use(CARD)
        made.add([judged("a", answer(picture=PICTURE)), judged("b"), judged("c", patient="H4")])
        made.add([judged("d", answer(cell=None, verdict=None, p_all=None, reason="is empty"), sha256="")])
        yield made
        assert check(made).findings == ()


def patient(case: Case, name: str = "H3") -> int:
    return next(one.id for one in patients(case) if one.name == name)


def read_all(case: Case) -> int:
    """Read H3's cells and think again; the newest version."""
    with case.reading() as connection:
        ids = [cell.id for cell in cells_of(connection, case.id, "H3")]
    first = [review(case, cell, role="reader", expected=0, verdict="HEM").version for cell in ids]
    pairs = zip(ids, first, strict=True)
    return max(review(case, cell, role="reader", expected=seen, verdict="ALL").version for cell, seen in pairs)


def test_a_signature_holds_who_vouches_for_what(case: Case) -> None:
    version = read_all(case)
    before = list(case.log())[-1].digest
    made = sign(case, patient(case), role="physician", meaning="reviewed", expected=version, reason="not needed")
    assert signatures(case, "H3") == [made]
    assert (made.name, made.role, made.meaning, made.blind, made.signed) == (
        "Anna",
        "physician",
        "reviewed",
        False,
        before,
    )
    assert made.reason == ""  # every cell was read
    assert signatures(case, "H4") == []
    with pytest.raises(ReadOnly):
        sign(case, patient(case), role="", meaning="", expected=version)


def test_unread_cells_need_a_reason(case: Case) -> None:
    with pytest.raises(CaseError, match=r"2 cells are unreviewed\. Review them, or say why they were left"):
        sign(case, patient(case), role="", meaning="read", expected=0)
    assert sign(case, patient(case), role="", meaning="read", expected=0, reason=" enough ").reason == "enough"


def test_who_saw_an_older_state_does_not_sign(case: Case) -> None:
    version = read_all(case)
    with pytest.raises(Conflict):
        sign(case, patient(case), role="", meaning="read", expected=version - 1)
    with pytest.raises(NotInCase):
        sign(case, 10**6, role="", meaning="read", expected=version)
    assert signatures(case, "H3") == []


def test_an_amendment_copies_the_patient_alone_with_all_that_stood(case: Case) -> None:
    sign(case, patient(case), role="", meaning="read", expected=read_all(case))
    number = amend(case, patient(case), name="x-2", reason="b was called wrongly")
    with case.change() as change:
        assert (newer(change, "H3"), newer(change, "H4")) == (True, False)
    with Shelf.open(case.where) as shelf:
        new = shelf.case(number, who="Bert")
        assert new.card() == CARD
        assert [row.path for row in new.rows()] == ["a", "b", "d"]
        assert list(new.evidence()) == [PICTURE.evidence]
        with new.reading() as connection:
            cells = cells_of(connection, number, "H3")
            reviews = schema.reviews.join(schema.cells).join(schema.inputs)
            rows = connection.execute(
                schema.reviews.select().select_from(reviews).where(schema.inputs.c.case_id == number)
            )
            assert [(row.reader, row.replaces) for row in rows] == [("Anna", None)] * 2
        assert [cell.word.verdict for cell in cells] == ["ALL", "ALL"]
        assert signatures(new, "H3") == []
        assert check(new).findings == ()


def test_an_amendment_needs_a_reason_and_a_signature(case: Case) -> None:
    with pytest.raises(CaseError, match=r"an amendment needs a reason\. Say what needs correcting"):
        amend(case, patient(case), name="x-2", reason=" ")
    with pytest.raises(CaseError, match=r"this patient is not signed\. Correct it as it is"):
        amend(case, patient(case), name="x-2", reason="wrong")

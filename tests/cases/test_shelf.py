"""A shelf lists the cases of one store, and opens each in the name of a reader."""

from pathlib import Path

import pytest
from casemaker import judged

from leukolens import Case
from leukolens.base.errors import CaseError
from leukolens.cases.reading import patients
from leukolens.cases.shelf import Shelf, uploads_beside
from leukolens.cases.sign import amend, sign


def test_all_cases_are_listed_the_oldest_first(place: dict[str, str]) -> None:
    with Case.create(**place, who="Anna") as case:
        case.add([judged("a")])
        patient = patients(case)[0].id
        sign(case, patient, role="", meaning="read", expected=0, reason="enough")
        newer = amend(case, patient, name=f"{case.name}-2", reason="a wrong verdict")
        first, name = case.id, case.name
    with Shelf.open(place["where"]) as shelf:
        listed = [one for one in shelf.cases() if one.id in (first, newer)]
        assert [(one.name, one.amends) for one in listed] == [(name, None), (f"{name}-2", first)]
        assert listed[0].created_at <= listed[1].created_at


def test_a_case_of_the_shelf_writes_in_the_reader_s_name(tmp_path: Path) -> None:
    path = tmp_path / "x.case"
    Case.create(path, who="Anna").close()
    with Shelf.open(path) as shelf:
        case = shelf.case(shelf.cases()[0].id, who="Bert")
        case.add([judged("a")])
        assert [entry.who for entry in case.log()] == ["Anna", "Bert"]
    assert [one.name for one in tmp_path.iterdir()] == ["x.case"]  # closed, a store is one file


def test_it_knows_which_cases_it_holds_also_one_that_another_program_adds(place: dict[str, str]) -> None:
    with Case.create(**place, who="Anna") as case, Shelf.open(place["where"]) as shelf:
        case.add([judged("a")])
        patient = patients(case)[0].id
        shelf.warm()
        assert shelf.holds(case.id)
        assert not shelf.holds(10**6)
        sign(case, patient, role="", meaning="read", expected=0, reason="enough")
        assert shelf.holds(amend(case, patient, name=f"{case.name}-2", reason="a wrong verdict"))


def test_a_store_must_exist_and_be_ours(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"x\.case: does not exist\. Give the \.case"):
        Shelf.open(tmp_path / "x.case")
    (tmp_path / "x.case").write_text("Dear colleague, this is not a database at all")
    with pytest.raises(CaseError, match=r"x\.case: is not a LeukoLens case"):
        Shelf.open(tmp_path / "x.case")


def test_uploads_stand_beside_a_file_and_at_home_for_a_database() -> None:
    assert uploads_beside("a/day.case") == Path("a/day.case.uploads")
    assert uploads_beside("postgresql://me:secret@host/day") == Path.home() / ".local/share/leukolens/uploads"

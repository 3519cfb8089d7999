"""Reviewed cells from folders and case files: whose, called what, and what is said where something is not there."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from adaptmaker import laboratory
from cardmaker import CARD
from casemaker import answer, judged

from leukolens import Case
from leukolens.adapt.reviewed import ReviewedCell, reviewed_cells
from leukolens.base.errors import CaseError, DatasetError
from leukolens.cases.reading import cells_of, patients
from leukolens.cases.review import ReaderVerdict, review
from leukolens.cases.sign import amend, sign
from leukolens.model.form import FORMS, Form
from leukolens.model.lineage import Lineage
from leukolens.model.network_file import SHIPPED, NetworkFile

WORDS: list[ReaderVerdict] = ["ALL", "HEM", "other kind", "not assessable"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return laboratory(tmp_path / "cells", patients=2, cells=2)


def reviewed_case(where: Path, paths: list[Path], words: list[Any], *, card: Any = CARD) -> None:
    """A case in which a reader said `words` of the cells, '' for nothing."""
    with Case.create(where, who="Anna") as case:
        case.use(card)
        inputs = [
            judged(str(path), answer(verdict="uncertain"), sha256=hashlib.sha256(path.read_bytes()).hexdigest())
            for path in paths
        ]
        case.add(inputs)
        with case.reading() as connection:
            cells = {cell.path: cell.id for cell in cells_of(connection, case.id, "H3")}
        for path, word in zip(paths, words, strict=True):
            if word:
                review(case, cells[str(path)], role="reader", expected=0, verdict=word)


def told(cells: list[ReviewedCell]) -> list[tuple[str, int, str]]:
    return [(cell.path.name, cell.label, cell.patient) for cell in cells]


def test_a_folder_says_the_class_and_the_names_the_patient(folder: Path) -> None:
    found = reviewed_cells([str(folder)], CARD)
    assert [cell.label for cell in found] == [0] * 4 + [1] * 4
    assert {cell.patient for cell in found} == {"H1", "H2", "1", "2"}
    assert found[0].content == hashlib.sha256(found[0].path.read_bytes()).hexdigest()
    by_pattern = reviewed_cells([str(folder)], CARD, patient_from=r"UID_H?([0-9]+)_")
    assert {cell.patient for cell in by_pattern} == {"1", "2"}


def test_a_case_gives_what_its_reader_called_all_or_hem(folder: Path, tmp_path: Path) -> None:
    paths = sorted(folder.glob("all/*"))
    reviewed_case(tmp_path / "day.case", [*paths, *folder.glob("hem/*1_hem.png")][:5], [*WORDS, ""])
    assert told(reviewed_cells([str(tmp_path / "day.case")], CARD)) == [
        (paths[0].name, 1, "H3"),
        (paths[1].name, 0, "H3"),
    ]


def test_an_amendment_stands_for_what_it_amends(folder: Path, tmp_path: Path) -> None:
    (path, *_) = folder.glob("all/*")
    reviewed_case(tmp_path / "day.case", [path], ["ALL"])
    with Case.open(tmp_path / "day.case", who="Anna") as case:
        (patient,) = patients(case)
        with case.reading() as connection:
            version = cells_of(connection, case.id, "H3")[0].word.version
        sign(case, patient.id, role="reader", meaning="reviewed", expected=version)
        newer = amend(case, patient.id, name="day 2", reason="second look")
        with Case.open(tmp_path / "day.case", who="Anna") as again:
            again.id = newer
            with again.reading() as connection:
                (cell,) = cells_of(connection, newer, "H3")
            review(again, cell.id, role="reader", expected=cell.word.version, verdict="HEM")
    assert told(reviewed_cells([str(tmp_path / "day.case")], CARD)) == [(path.name, 0, "H3")]


def test_pictures_are_found_beside_the_case_and_among_its_uploads(folder: Path, tmp_path: Path) -> None:
    one, two = sorted(folder.glob("all/*"))[:2]
    reviewed_case(tmp_path / "day.case", [one, two], ["ALL", "HEM"])
    uploads = tmp_path / "day.case.uploads"
    uploads.mkdir()
    shutil.move(one, uploads / hashlib.sha256(one.read_bytes()).hexdigest())
    found = reviewed_cells([str(tmp_path / "day.case")], CARD)
    assert [cell.path.parent for cell in found] == [uploads, two.parent]


def test_a_picture_that_is_gone_or_another_now_is_named(folder: Path, tmp_path: Path) -> None:
    one, two, three = sorted(folder.glob("all/*"))[:3]
    reviewed_case(tmp_path / "day.case", [one, two, three], ["ALL", "HEM", "ALL"])
    one.unlink()
    shutil.copy(three, two)
    with pytest.raises(DatasetError, match=rf"pictures of 2 reviewed cells .*{one.name}, .*{two.name}\. Put them back"):
        reviewed_cells([str(tmp_path / "day.case")], CARD)


def test_a_case_of_another_model_is_refused_and_one_of_a_taught_model_is_not(folder: Path, tmp_path: Path) -> None:
    paths = sorted(folder.glob("all/*"))[:1]
    other = replace(CARD, model_id="f" * 12)
    lineage = Lineage(
        parent=CARD.model_id,
        cells="c" * 64,
        blasts=10,
        normal=10,
        patients=0,
        left_out="cells",
        auroc=0.9,
        parent_auroc=0.8,
        gain=(0.0, 0.2),
    )
    reviewed_case(tmp_path / "other.case", paths, ["ALL"], card=other)
    reviewed_case(tmp_path / "ours.case", paths, ["ALL"], card=replace(other, lineage=lineage))
    assert len(reviewed_cells([str(tmp_path / "ours.case")], CARD)) == 1
    with pytest.raises(CaseError, match=rf"judged with model f{{12}}, not {CARD.model_id} .*Give --model that one"):
        reviewed_cells([str(tmp_path / "other.case")], CARD)


@pytest.mark.parametrize("form", ["int8", "half"])
def test_a_case_teaches_every_form_of_the_model_that_judged_it(form: Form, folder: Path, tmp_path: Path) -> None:
    one, other = (NetworkFile(path, threads=1).card for path in (SHIPPED, FORMS[form]))
    reviewed_case(tmp_path / "day.case", sorted(folder.glob("all/*"))[:1], ["ALL"], card=other)
    assert len(reviewed_cells([str(tmp_path / "day.case")], one)) == 1


def test_the_same_picture_counts_once_and_never_as_both(folder: Path) -> None:
    one = sorted(folder.glob("all/*"))[0]
    shutil.copy(one, folder / "all/copy.png")
    assert len(reviewed_cells([str(folder), str(folder)], CARD)) == 8
    shutil.copy(one, folder / "hem/copy.png")
    with pytest.raises(DatasetError, match=r"is called ALL, and the same cell HEM in .*copy.png"):
        reviewed_cells([str(folder)], CARD)


def test_what_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"absent.case: does not exist"):
        reviewed_cells([str(tmp_path / "absent.case")], CARD)
    shutil.rmtree(folder / "hem")
    with pytest.raises(DatasetError, match=r"holds no folder hem/. Put the blasts"):
        reviewed_cells([str(folder)], CARD)
    (folder / "hem").mkdir()
    with pytest.raises(DatasetError, match="holds no images"):
        reviewed_cells([str(folder)], CARD)

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
    found = reviewed_cells([str(folder)])
    assert [cell.label for cell in found] == [0] * 4 + [1] * 4
    assert {cell.patient for cell in found} == {"H1", "H2", "1", "2"}
    assert found[0].content == hashlib.sha256(found[0].path.read_bytes()).hexdigest()
    by_pattern = reviewed_cells([str(folder)], patient_from=r"UID_H?([0-9]+)_")
    assert {cell.patient for cell in by_pattern} == {"1", "2"}


def test_a_case_gives_what_its_reader_called_all_or_hem(folder: Path, tmp_path: Path) -> None:
    paths = sorted(folder.glob("all/*"))
    reviewed_case(tmp_path / "day.case", [*paths, *folder.glob("hem/*1_hem.png")][:5], [*WORDS, ""])
    assert told(reviewed_cells([str(tmp_path / "day.case")])) == [
        (paths[0].name, 1, "H3"),
        (paths[1].name, 0, "H3"),
    ]


@pytest.mark.parametrize("word", ["HEM", "other kind", "not a cell"])
def test_an_amendment_stands_for_what_it_amends(word: ReaderVerdict, folder: Path, tmp_path: Path) -> None:
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
            review(again, cell.id, role="reader", expected=cell.word.version, verdict=word)
    left = [(path.name, 0, "H3")] if word == "HEM" else []
    assert told(reviewed_cells([str(tmp_path / "day.case")])) == left


def test_pictures_are_found_beside_the_case_and_among_its_uploads(folder: Path, tmp_path: Path) -> None:
    one, two = sorted(folder.glob("all/*"))[:2]
    reviewed_case(tmp_path / "day.case", [one, two], ["ALL", "HEM"])
    uploads = tmp_path / "day.case.uploads"
    uploads.mkdir()
    shutil.move(one, uploads / hashlib.sha256(one.read_bytes()).hexdigest())
    found = reviewed_cells([str(tmp_path / "day.case")])
    assert [cell.path.parent for cell in found] == [uploads, two.parent]


def test_a_picture_that_is_gone_or_another_now_is_named(folder: Path, tmp_path: Path) -> None:
    one, two, three = sorted(folder.glob("all/*"))[:3]
    reviewed_case(tmp_path / "day.case", [one, two, three], ["ALL", "HEM", "ALL"])
    one.unlink()
    shutil.copy(three, two)
    with pytest.raises(DatasetError, match=rf"pictures of 2 reviewed cells .*{one.name}, .*{two.name}\. Put them back"):
        reviewed_cells([str(tmp_path / "day.case")])


def test_a_case_teaches_whatever_model_judged_it(folder: Path, tmp_path: Path) -> None:
    """After an update too: its pictures and its reader's verdicts are the same."""
    paths = sorted(folder.glob("all/*"))[:1]
    reviewed_case(tmp_path / "old.case", paths, ["ALL"], card=replace(CARD, model_id="f" * 12))
    assert len(reviewed_cells([str(tmp_path / "old.case")])) == 1


def test_two_cases_that_differ_are_named(folder: Path, tmp_path: Path) -> None:
    (path, *_) = folder.glob("all/*")
    for name, word in (("one", "ALL"), ("two", "HEM")):
        reviewed_case(tmp_path / f"{name}.case", [path], [word])
    told = rf"labelled HEM in .*two.case, but the same cell is labelled ALL in .*one.case \(.*{path.name}\).*amend"
    with pytest.raises(DatasetError, match=told):
        reviewed_cells([str(tmp_path / "one.case"), str(tmp_path / "two.case")])


def test_two_files_of_one_case_that_differ_are_named(folder: Path, tmp_path: Path) -> None:
    (path, *_) = folder.glob("all/*")
    again = shutil.copy(path, tmp_path / "again.png")
    reviewed_case(tmp_path / "day.case", [path, Path(again)], ["ALL", "HEM"])
    with pytest.raises(DatasetError, match=r"is labelled HEM in .*day.case, but the same cell is labelled ALL"):
        reviewed_cells([str(tmp_path / "day.case")])


def test_the_same_picture_counts_once_and_never_as_both(folder: Path) -> None:
    one = sorted(folder.glob("all/*"))[0]
    shutil.copy(one, folder / "all/copy.png")
    assert len(reviewed_cells([str(folder), str(folder)])) == 8
    shutil.copy(one, folder / "hem/copy.png")
    with pytest.raises(DatasetError, match=r"is labelled ALL, but the same cell is labelled HEM in .*copy.png"):
        reviewed_cells([str(folder)])


def test_what_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"absent.case: does not exist"):
        reviewed_cells([str(tmp_path / "absent.case")])
    shutil.rmtree(folder / "hem")
    with pytest.raises(DatasetError, match=r"holds no folder hem/. Put the blasts"):
        reviewed_cells([str(folder)])
    (folder / "hem").mkdir()
    with pytest.raises(DatasetError, match="holds no images"):
        reviewed_cells([str(folder)])


def test_the_folders_of_the_classes_are_not_patients(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"lies in hem/ itself, which is not a patient's folder. Make a folder"):
        reviewed_cells([str(folder)], patient_from="parent")
    for name in ("all", "hem"):
        (folder / name / "P-1").mkdir()
        for path in (folder / name).glob("*.png"):
            path.rename(path.parent / "P-1" / path.name)
    assert {cell.patient for cell in reviewed_cells([str(folder)], patient_from="parent")} == {"P-1"}


def test_a_file_that_cannot_be_read_is_left_out(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "all/gone.png").symlink_to(folder / "nowhere.png")
    assert len(reviewed_cells([str(folder)])) == 8
    assert "gone.png: left out: it cannot be read" in caplog.text

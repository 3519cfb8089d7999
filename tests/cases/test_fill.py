"""What an earlier run left stays where it is still true; no file ends a run."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from casemaker import answer, judged

from leukolens import Case, Classifier
from leukolens.base.errors import CaseError
from leukolens.cases import fill as module
from leukolens.cases.fill import Before, before, fill, judge
from leukolens.cases.row import Row
from leukolens.predict import classifier as looking
from leukolens.predict import given as opening
from leukolens.predict.items import Item, gather


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three files whose bytes differ."""
    found = [tmp_path / "cells" / f"{name}.bmp" for name in "abc"]
    found[0].parent.mkdir()
    for file in found:
        file.write_bytes(file.name.encode())
    return found


@pytest.fixture
def case(tmp_path: Path) -> Any:
    with Case.create(tmp_path / "x.case") as case:
        yield case


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def left(case: Case, files: list[Path], patient: str = "H3") -> Before:
    items = [Item(path=file, place=str(file), patient=patient) for file in files]
    return before(case, items, threads=2)


def test_answers_of_unchanged_files_stay(case: Case, files: list[Path]) -> None:
    case.add([judged(str(file), sha256=digest(file)) for file in files])
    assert left(case, files).kept == set(map(str, files))
    assert left(case, files).files == 3


def test_answers_of_changed_or_vanished_files_go(case: Case, files: list[Path]) -> None:
    case.add([judged(str(file), sha256=digest(file)) for file in files])
    files[0].write_bytes(b"other")
    files[2].unlink()
    assert left(case, files).kept == {str(files[1])}


def test_a_file_that_could_not_be_read_gets_another_chance(case: Case, files: list[Path]) -> None:
    case.add([judged(str(files[0]), answer(cell=None, verdict=None, p_all=None), sha256="", kind="unreadable")])
    assert left(case, files).kept == set()


def test_answers_of_files_that_are_not_asked_for_stay(case: Case, files: list[Path]) -> None:
    case.add([judged("elsewhere.bmp"), judged("gone.bmp", answer(cell=None, verdict=None), sha256="")])
    found = left(case, files)
    assert (found.kept, found.files) == (set(), 2)


def test_another_patient_is_an_error(case: Case, files: list[Path]) -> None:
    case.add([judged(str(files[0]), sha256=digest(files[0]))])
    with pytest.raises(CaseError, match=r"a\.bmp belonged to patient 'H3' when it was judged, but belongs to '7' now"):
        left(case, files, patient="7")


# filling


def run(case: Case, model: Path, folder: Path, *, pictures: bool = False) -> list[Row]:
    classifier, items = Classifier(model, threads=2), gather([str(folder)])
    found = before(case, items, threads=2)
    return list(fill(case, items, classifier, left=found, pictures=pictures))


def untimed(rows: list[Row]) -> list[dict[str, Any]]:
    return [{**vars(row), "judged_at": ""} for row in rows]


def test_the_case_holds_what_is_given_back(case: Case, model: Path, folder: Path) -> None:
    rows = run(case, model, folder)
    assert rows == list(case.rows())
    assert untimed(rows) == untimed(list(judge(gather([str(folder)]), Classifier(model))))
    assert [row.verdict is None for row in rows] == [False, True, False, True, False]
    assert case.alike() == []
    assert {row.judged_at for row in run(case, model, folder)} == {row.judged_at for row in rows}
    assert [one.action for one in case.log()].count("judged") == 5


def test_a_row_is_given_back_only_when_the_case_holds_it(
    case: Case, model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.0)
    items = gather([str(folder)])
    rows = fill(case, items, Classifier(model), left=before(case, items, threads=1), pictures=False)
    for number, row in enumerate(rows, 1):
        held = list(case.rows())
        assert (len(held), held[-1]) == (number, row)


def test_a_changed_file_keeps_its_path_and_gets_a_new_row(case: Case, model: Path, folder: Path) -> None:
    first = {Path(row.path).name: row for row in run(case, model, folder)}
    shutil.copy(folder / "a.bmp", folder / "b.png")
    second = [Path(row.path).name for row in run(case, model, folder)]
    assert second == ["a.bmp", "c.bmp", "d.tif", "e.BMP", "b.png"]
    now = {Path(row.path).name: row for row in case.rows()}
    assert all(now[name] == first[name] for name in ("a.bmp", "c.bmp", "d.tif", "e.BMP"))
    assert now["b.png"].p_all == first["a.bmp"].p_all
    assert case.alike() == [[str(folder / "a.bmp"), str(folder / "b.png")]]


def test_pictures_follow_where_they_were_not_kept(case: Case, model: Path, folder: Path) -> None:
    first = run(case, model, folder)
    assert not any(one.pictured for one in case.inputs() if one.path.endswith(("a.bmp", "c.bmp", "e.BMP")))
    assert sorted(run(case, model, folder, pictures=True), key=first.index) == first
    assert all(one.pictured for one in case.inputs())
    pictures = {Path(row.path).name: picture for row, picture in case.pictured_rows()}
    assert {name for name, picture in pictures.items() if picture is not None} == {"a.bmp", "c.bmp", "e.BMP"}
    assert pictures["a.bmp"] is not None
    assert pictures["a.bmp"].jpeg.startswith(b"\xff\xd8")
    assert len(pictures["a.bmp"].evidence or b"") == 4 * 4  # 64 px: 2×2 positions of the last layer


def test_a_picture_is_kept_once(case: Case, model: Path, folder: Path) -> None:
    run(case, model, folder, pictures=True)
    before = list(case.log())
    run(case, model, folder, pictures=True)
    assert list(case.log()) == before


@pytest.mark.parametrize("error", [MemoryError(), KeyError(320), RuntimeError("odd")])
@pytest.mark.parametrize("step", ["read_file", "decode", "crop_and_resize"])
def test_no_file_ends_a_run(
    case: Case, model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, step: str
) -> None:
    module = opening if step == "read_file" else looking
    real = getattr(module, step)

    def failing(*given: Any, **named: Any) -> Any:
        if any(str(one).endswith("c.bmp") for one in (*given, *named.values())):
            raise error
        return real(*given, **named)

    monkeypatch.setattr(module, step, failing)
    rows = {Path(row.path).name: row for row in run(case, model, folder)}
    assert [rows[name].judged for name in ("a.bmp", "c.bmp", "e.BMP")] == [True, False, True]
    assert type(error).__name__ in rows["c.bmp"].reason

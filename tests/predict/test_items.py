"""Which files are judged, each once, and whose cell each shows."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from leukolens.base.errors import DatasetError
from leukolens.predict.items import Item, gather


def paths(*arguments: Path) -> list[Path]:
    return [item.path for item in gather(list(map(str, arguments)))]


def test_an_item_says_where_it_stands_and_whose_cell_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "P\n7").mkdir()
    (tmp_path / "P\n7" / "caf\udce9.bmp").touch()
    monkeypatch.chdir(tmp_path)
    (item,) = gather(["./P\n7"], patient_from="parent")
    place = f"{tmp_path}{os.sep}P\\n7{os.sep}caf\\xe9.bmp"
    assert item == Item(path=Path("P\n7/caf\udce9.bmp"), place=place, patient="P\\n7")


def test_a_file_without_a_patient_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.bmp").touch()
    with pytest.raises(DatasetError, match="gives no patient for 1 of 1 files"):
        gather([str(tmp_path)], patient_from="p([0-9])")


def test_what_is_not_an_image_by_name_is_left_out_and_said(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert len(gather([str(folder)])) == 5
    (message,) = caplog.messages
    assert message.startswith(f"{folder}: left out because LeukoLens does not read files of these kinds: 1 .")


def test_a_phones_pictures_are_left_out_by_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a.bmp", "IMG_1.HEIC", "IMG_1b.HEIC"):
        (tmp_path / name).touch()
    assert [item.path.name for item in gather([str(tmp_path)])] == ["a.bmp"]
    assert "2 .heic (IMG_1.HEIC, …)" in caplog.text


def test_an_image_given_twice_is_judged_once(folder: Path) -> None:
    given = [str(folder / "c.bmp"), str(folder), f"{folder}/*.bmp"]
    assert [item.path.name for item in gather(given)] == ["c.bmp", "a.bmp", "b.png", "d.tif", "e.BMP"]


def test_a_name_with_glob_characters_is_a_file_first(folder: Path) -> None:
    odd = folder / "cell[1].bmp"
    shutil.copy(folder / "a.bmp", odd)
    assert paths(odd) == [odd]


@pytest.mark.parametrize("pattern", ["*.bmp", "dee*"])
def test_a_glob_without_a_file_is_an_error(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "deep").mkdir()
    with pytest.raises(DatasetError, match="matches no file"):
        gather([f"{tmp_path}/{pattern}"])


def test_two_names_that_a_table_shows_alike_are_an_error(tmp_path: Path) -> None:
    names = ("a\n.bmp", r"a\n.bmp")
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(DatasetError, match="two files have names that look the same in a table"):
        gather([str(tmp_path)])
    assert paths(tmp_path / names[0]) == [tmp_path / names[0]]


def test_a_folder_that_is_closed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.bmp").touch()
    real = os.scandir

    def scandir(place: str) -> object:
        if str(place).endswith("closed"):  # root may read every folder, so that a mode would not close it
            raise PermissionError(errno.EACCES, "Permission denied", str(place))
        return real(place)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DatasetError, match=r"closed: cannot be listed \(Permission denied\)"):
        gather([str(tmp_path)])

"""`leukolens data` counts right, finds copies and crossings, and its exit code tells of unreadable files."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from leukolens.cli import main
from leukolens.research.data.index import index
from leukolens.research.data.inventory import Inventory, take_inventory


def draw(path: Path, value: int, *, reach: int = 10) -> Path:
    """A 64 px image whose cell reaches `reach` px from the middle."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[32 - reach : 32 + reach, 22:42] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two folds without a fault: 5 ALL of 2 subjects, 2 HEM of 2."""
    for value, name in enumerate(
        [
            "fold_0/all/UID_1_1_1_all.bmp",
            "fold_0/all/UID_1_1_2_all.bmp",
            "fold_0/all/UID_2_1_1_all.bmp",
            "fold_0/hem/UID_H1_1_1_hem.bmp",
            "fold_1/all/UID_3_1_1_all.bmp",
            "fold_1/hem/UID_h2_1_1_hem.bmp",
        ],
        start=1,
    ):
        draw(tmp_path / name, value)
    return tmp_path


def taken(data: Path, *, crop: int = 32) -> Inventory:
    return take_inventory(index(data), crop=crop)


def names(groups: tuple[tuple[object, ...], ...]) -> list[list[str]]:
    return [[cell.name for cell in group] for group in groups]  # type: ignore[attr-defined]


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, stdout, stderr of one command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def test_cells_and_subjects_are_counted_by_fold(data: Path) -> None:
    found = taken(data)
    assert [(fold.fold, fold.cells) for fold in found.folds] == [
        ("0", Counter(all=3, hem=1)),
        ("1", Counter(all=1, hem=1)),
    ]
    assert found.folds[0].subjects == {"all": Counter({"1": 2, "2": 1}), "hem": Counter({"H1": 1})}
    assert found.folds[1].subjects == {"all": Counter({"3": 1}), "hem": Counter({"H2": 1})}


def test_a_clean_folder_has_no_findings(data: Path) -> None:
    found = taken(data)
    assert (found.unreadable, found.copies, found.subjects_in_folds, found.others) == ((), (), {}, ())
    assert (found.copies_across_folds, found.copies_under_both_labels) == ((), ())
    assert (found.cut, found.cut_most) == (0, 0)


def test_copies_are_found_by_pixels_not_by_bytes(data: Path) -> None:
    first = data / "fold_0/all/UID_1_1_1_all.bmp"
    Image.open(first).save(data / "fold_0/all/UID_2_9_9_all.png")
    found = taken(data)
    assert names(found.copies) == [["fold_0/all/UID_1_1_1_all.bmp", "fold_0/all/UID_2_9_9_all.png"]]
    assert found.copies_across_folds == ()
    assert found.copies_under_both_labels == ()


def test_copies_across_folds_are_told_apart(data: Path) -> None:
    shutil.copy(data / "fold_0/all/UID_1_1_1_all.bmp", data / "fold_0/all/UID_1_1_9_all.bmp")
    shutil.copy(data / "fold_0/all/UID_2_1_1_all.bmp", data / "fold_1/all/UID_4_1_1_all.bmp")
    found = taken(data)
    assert len(found.copies) == 2
    assert names(found.copies_across_folds) == [["fold_0/all/UID_2_1_1_all.bmp", "fold_1/all/UID_4_1_1_all.bmp"]]


def test_a_subject_in_two_folds_is_found(data: Path) -> None:
    draw(data / "fold_1/hem/UID_h1_2_2_hem.bmp", 77)
    assert taken(data).subjects_in_folds == {"H1": ("0", "1")}


def test_an_image_under_both_labels_is_found(data: Path) -> None:
    shutil.copy(data / "fold_0/all/UID_2_1_1_all.bmp", data / "fold_1/hem/UID_H9_1_1_hem.bmp")
    wrong = [["fold_0/all/UID_2_1_1_all.bmp", "fold_1/hem/UID_H9_1_1_hem.bmp"]]
    assert names(taken(data).copies_under_both_labels) == wrong


def test_unreadable_files_are_counted_but_are_no_copies(data: Path) -> None:
    for name in ("UID_1_1_1_all.bmp", "UID_1_1_2_all.bmp"):
        (data / "fold_0/all" / name).write_bytes(b"")
    found = taken(data)
    assert [message.split(": ")[0] for message in found.unreadable] == [
        str(data / "fold_0/all/UID_1_1_1_all.bmp"),
        str(data / "fold_0/all/UID_1_1_2_all.bmp"),
    ]
    assert found.copies == ()
    assert found.folds[0].cells["all"] == 3


@pytest.mark.parametrize(("reach", "cut", "most"), [(16, 0, 0), (17, 1, 1), (25, 1, 9)])
def test_cells_beyond_the_crop_are_counted(data: Path, reach: int, cut: int, most: int) -> None:
    draw(data / "fold_0/all/UID_2_1_2_all.bmp", 50, reach=reach)
    found = taken(data, crop=32)
    assert (found.cut, found.cut_most, found.crop) == (cut, most, 32)


def test_unknown_subjects_are_counted_apart(tmp_path: Path) -> None:
    for number, name in enumerate(["all/a.bmp", "all/b.bmp", "hem/c.bmp"], start=1):
        draw(tmp_path / name, number)
    (fold,) = taken(tmp_path).folds
    assert fold.subjects == {"all": Counter(), "hem": Counter()}
    assert fold.unknown == Counter({"all": 2, "hem": 1})
    assert taken(tmp_path).subjects_in_folds == {}


def test_cells_of_nobody_are_an_error_that_says_what_to_give(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, name in enumerate(["all/a.bmp", "all/b.bmp", "hem/c.bmp"], start=1):
        draw(tmp_path / name, number)
    code, out, err = told(["data", str(tmp_path), "--crop", "32"], capsys)
    assert code == 1
    assert "  ALL      2 cells of unknown subjects\n  HEM      1 cells of unknown subjects\n" in out
    assert "the subject of 3 cells is unknown (first: all/a.bmp). Say whose they are with --patient-from" in err
    code, out, _ = told(["data", str(tmp_path), "--crop", "32", "--patient-from", "/([a-z]).bmp$"], capsys)
    assert code == 0
    assert "  ALL      2 cells of 2 subjects: a 1, b 1\n" in out


def test_the_command_tells_all_of_a_clean_folder(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(["data", str(data), "--crop", "32"], capsys)
    assert code == 0
    assert out == (
        "fold 0\n"
        "  ALL      3 cells of 2 subjects: 1 2, 2 1\n"
        "  HEM      1 cells of 1 subjects: H1 1\n"
        "fold 1\n"
        "  ALL      1 cells of 1 subjects: 3 1\n"
        "  HEM      1 cells of 1 subjects: H2 1\n"
        "A crop of 32 px cuts 0 of 6 cells (0.0%)\n"
        "copies by content: 0\n"
        "of them in two folds: 0\n"
        "subjects in two folds: 0\n"
        "files left out: 0\n"
        "images under both labels: 0\n"
        "unreadable files: 0\n"
    )


def test_the_command_names_what_it_found(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """None of this is a fault that stops the data from being used: exit code 0."""
    shutil.copy(data / "fold_0/all/UID_2_1_1_all.bmp", data / "fold_1/all/UID_2_1_2_all.bmp")
    draw(data / "fold_0/all/UID_1_1_1_all.bmp", 60, reach=20)
    (data / "fold_0/hem/notes.txt").touch()
    code, out, _ = told(["data", str(data), "--crop", "32"], capsys)
    assert code == 0
    pair = "  fold_0/all/UID_2_1_1_all.bmp = fold_1/all/UID_2_1_2_all.bmp\n"
    assert "A crop of 32 px cuts 1 of 7 cells (14.3%), by 4 px at most\n" in out
    assert f"copies by content: 1\n{pair}of them in two folds: 1\n{pair}subjects in two folds: 1\n" in out
    assert "  2 in folds 0, 1\n" in out
    assert f"files left out: 1\n  {data}/fold_0/hem/notes.txt\n" in out


def test_the_command_ends_3_on_an_unreadable_file(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = data / "fold_0/all/UID_1_1_1_all.bmp"
    bad.write_text("no image")
    code, out, _ = told(["data", str(data), "--crop", "32"], capsys)
    assert code == 3
    assert out.endswith(
        f"unreadable files: 1\n  {bad}: is not a BMP, PNG, TIFF, JPEG or WebP image. Open it and save it as PNG\n"
    )


def test_the_command_ends_3_on_an_image_under_both_labels(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(data / "fold_0/all/UID_2_1_1_all.bmp", data / "fold_0/hem/UID_H1_5_5_hem.bmp")
    code, out, _ = told(["data", str(data), "--crop", "32"], capsys)
    assert code == 3
    wrong = "  fold_0/all/UID_2_1_1_all.bmp = fold_0/hem/UID_H1_5_5_hem.bmp\n"
    assert f"images under both labels: 1\n{wrong}" in out


def test_the_command_ends_1_with_one_message_where_there_is_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = told(["data", str(tmp_path)], capsys)
    assert (code, out) == (1, "")
    assert err.startswith(f"leukolens: {tmp_path}: holds no cell images. Expected fold_K/all")
    assert "Traceback" not in err


def test_the_command_changes_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def state() -> list[tuple[Path, bytes, int]]:
        files = sorted(path for path in data.rglob("*") if path.is_file())
        return [(path, path.read_bytes(), path.stat().st_mtime_ns) for path in files]

    before = state()
    told(["data", str(data), "--crop", "32"], capsys)
    assert state() == before


def test_wrong_usage_ends_2(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(["data", str(data), "--crop", "31"], capsys)[0] == 2
    assert told(["data"], capsys)[0] == 2

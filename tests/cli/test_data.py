"""`leukolens data`: the lines that tell what a folder holds, and exit code 3 for what cannot be used."""

from pathlib import Path

import pytest
from command import leukolens

from leukolens.research.data.phantoms import PhantomSettings, write_phantoms


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """Eight cells of this test's own."""
    write_phantoms(tmp_path / "cells", PhantomSettings(folds=1, subjects=2, cells=2))
    return tmp_path / "cells"


def test_cells_are_counted_by_class_and_subject(cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("data", cells) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "fold 0"
    assert lines[1].split()[:6] == ["ALL", "4", "cells", "of", "2", "subjects:"]
    assert lines[2].endswith("H1 2, H2 2")
    assert lines[3].startswith("A crop of 300 px cuts 0 of 8 cells (0.0%)")
    assert lines[4:] == [
        f"{what}: 0"
        for what in (
            "copies by content",
            "of them in two folds",
            "subjects in two folds",
            "files left out",
            "images under both labels",
            "unreadable files",
        )
    ]


def test_a_smaller_crop_cuts(cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("data", cells, "--crop", "64") == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("A crop"))
    assert line.startswith("A crop of 64 px cuts 8 of 8 cells (100.0%), by ")
    assert line.endswith(" px at most")


def test_an_unreadable_file_is_named_and_exits_3(cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (cells / "fold_0/hem/UID_H1_1_1_hem.bmp").write_bytes(b"no image")
    assert leukolens("data", cells) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2] == "unreadable files: 1"
    assert "UID_H1_1_1_hem.bmp" in lines[-1]


def test_an_image_under_both_labels_exits_3(cells: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = (cells / "fold_0/hem").glob("UID_H1_1_1_*")
    (cells / "fold_0/all/UID_9_1_1_all.bmp").write_bytes(source.read_bytes())
    assert leukolens("data", cells) == 3
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("images under both labels: 1")
    assert "UID_9_1_1_all.bmp" in lines[place + 1]
    assert "UID_H1_1_1_hem.bmp" in lines[place + 1]

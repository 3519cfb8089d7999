"""`leukolens phantoms`: as many cells as asked for, said to be drawn, and nothing of anyone's overwritten."""

from pathlib import Path

import pytest
from command import leukolens


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.bmp"))


def test_it_draws_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ("--folds", "2", "--subjects", "1", "--cells", "2")
    assert leukolens("phantoms", tmp_path / "cells", *wanted) == 0
    assert capsys.readouterr().out.startswith(f"8 generated cells in {tmp_path / 'cells'}. They are drawn: ")
    found = names(tmp_path / "cells")
    assert len(found) == 8
    assert {name.partition("/UID")[0] for name in found} == {
        f"fold_{n}/{label}" for n in "01" for label in ("all", "hem")
    }


def test_a_seed_is_a_data_set(tmp_path: Path) -> None:
    few = ("--folds", "1", "--subjects", "1", "--cells", "1")
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        assert leukolens("phantoms", tmp_path / name, *few, "--seed", seed) == 0
    contents = [
        [(tmp_path / name / file).read_bytes() for file in names(tmp_path / name)] for name in ("one", "again", "other")
    ]
    assert contents[0] == contents[1] != contents[2]


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert leukolens("phantoms", tmp_path) == 1
    assert str(tmp_path) in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

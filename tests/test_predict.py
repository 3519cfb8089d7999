"""`leukolens predict`: every image gets a row, bad ones a reason, and no training library is needed."""

import csv
import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from command import leukolens, python

from leukolens import Classifier
from leukolens.cli.predict import gather
from leukolens.errors import DatasetError

COLUMNS = ["path", "verdict", "p_all", "model_id", "reason"]


@pytest.fixture(scope="module")
def model(run: Path) -> Path:
    return run / "model.onnx"


@pytest.fixture
def folder(cells: Path, tmp_path: Path) -> Path:
    """Three good cells, one below; two bad files; one that is no image by name."""
    place = tmp_path / "cells"
    (place / "deep").mkdir(parents=True)
    names = ("UID_H1_1_1_hem.bmp", "UID_H1_1_2_hem.bmp", "UID_H2_1_1_hem.bmp")
    for name, target in zip(names, ("a.bmp", "c.bmp", "deep/e.BMP"), strict=True):
        shutil.copy(cells / "fold_0/hem" / name, place / target)
    (place / "b.png").write_text("no image")
    (place / "d.tif").write_bytes(b"")
    (place / "notes.txt").write_text("notes")
    return place


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_files_are_judged_one_line_each(cells: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((cells / "fold_0/all").glob("*.bmp"))[:2]
    assert leukolens("predict", *files, "--model", model) == 0
    out, err = capsys.readouterr()
    expected = list(Classifier(model)(files))
    assert out.splitlines() == [f"{one.path}  {one.verdict}  {one.p_all:.4f}  {one.model_id}" for one in expected]
    blasts = sum(one.verdict == "ALL" for one in expected)
    assert f"2 judged, {blasts} ALL, {2 - blasts} HEM; 0 not" in err


def test_csv_and_json_hold_a_row_for_every_image_in_order(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, records = tmp_path / "out/x.csv", tmp_path / "out/x.json"
    assert leukolens("predict", folder, "--model", model, "--csv", table, "--json", records) == 3
    rows, read = read_csv(table), json.loads(records.read_text(encoding="utf-8"))
    assert list(rows[0]) == list(read[0]) == COLUMNS
    names = ["a.bmp", "b.png", "c.bmp", "d.tif", "deep/e.BMP"]
    assert [row["path"] for row in rows] == [one["path"] for one in read] == [str(folder / name) for name in names]
    for row, one in zip(rows, read, strict=True):
        assert row["model_id"] == one["model_id"] == Classifier(model).card.model_id
        assert row["reason"] == one["reason"]
        if one["verdict"] is None:
            assert (row["verdict"], row["p_all"], one["p_all"]) == ("", "", None)
        else:
            assert row["verdict"] == one["verdict"] == ("ALL" if one["p_all"] >= 0.5 else "HEM")
            assert row["p_all"] == f"{one['p_all']:.6f}"
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["x.csv", "x.json"]


def test_bad_files_are_named_with_their_reason(folder: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("predict", folder, "--model", model) == 3
    out, err = capsys.readouterr()
    assert f"{folder / 'b.png'}: is not a BMP, PNG, TIFF, JPEG or WebP image" in err
    assert f"{folder / 'd.tif'}: is empty (0 bytes). Copy the file again" in err
    assert "1 files are no images by name; left out" in err
    assert "3 judged" in err
    assert "2 not" in err
    assert len(out.splitlines()) == 3


def test_exit_code_1_when_nothing_could_be_judged(folder: Path, model: Path, tmp_path: Path) -> None:
    bad = [folder / "b.png", folder / "absent.png"]
    assert leukolens("predict", *bad, "--model", model, "--csv", tmp_path / "x.csv") == 1
    assert [row["verdict"] for row in read_csv(tmp_path / "x.csv")] == ["", ""]


def test_quoted_globs_are_expanded_and_sorted(cells: Path, model: Path, tmp_path: Path) -> None:
    table = tmp_path / "x.csv"
    assert leukolens("predict", f"{cells}/fold_*/hem/UID_H[16]_*.bmp", "--model", model, "--csv", table) == 0
    expected = [*sorted(cells.glob("fold_0/hem/UID_H1_*.bmp")), *sorted(cells.glob("fold_1/hem/UID_H6_*.bmp"))]
    assert [row["path"] for row in read_csv(table)] == list(map(str, expected))
    assert len(expected) == 12


def test_an_image_given_twice_is_judged_once(folder: Path) -> None:
    given = [str(folder / "c.bmp"), str(folder), f"{folder}/*.bmp"]
    assert [path.name for path in gather(given)] == ["c.bmp", "a.bmp", "b.png", "d.tif", "e.BMP"]


def test_a_name_with_glob_characters_is_a_file_first(folder: Path) -> None:
    odd = folder / "cell[1].bmp"
    shutil.copy(folder / "a.bmp", odd)
    assert gather([str(odd)]) == [odd]


def test_a_folder_without_images_is_an_error(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    assert leukolens("predict", tmp_path, "--model", model) == 1
    assert f"{tmp_path}: holds no images. Looked for .bmp, .jpeg, .jpg, .png" in capsys.readouterr().err


def test_a_glob_without_a_match_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="matches no file"):
        gather([f"{tmp_path}/*.bmp"])


def test_a_bad_model_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("predict", folder, "--model", folder / "a.bmp") == 1
    assert f"leukolens: {folder / 'a.bmp'}: is cut short or no ONNX model" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--csv", "--json"])
def test_a_full_disk_leaves_nothing_half_written(
    folder: Path,
    model: Path,
    tmp_path: Path,
    option: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert leukolens("predict", folder / "a.bmp", "--model", model, option, tmp_path / "out/x") == 1
    assert f"{tmp_path / 'out/x'}: no space left while writing. Free some space" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


def test_a_place_that_cannot_be_written_is_an_error(
    folder: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leukolens("predict", folder / "a.bmp", "--model", model, "--csv", folder / "notes.txt/x.csv") == 1
    assert "x.csv: cannot be written" in capsys.readouterr().err
    assert (folder / "notes.txt").read_text() == "notes"


def test_it_works_without_any_training_library(folder: Path, model: Path, tmp_path: Path) -> None:
    code = """
import sys
for name in ("torch", "torchvision", "timm", "lightning", "sklearn", "matplotlib", "onnx", "safetensors", "scipy"):
    sys.modules[name] = None
from leukolens.cli import main
main(["predict", *sys.argv[1:]])
"""
    done = python(code, folder, "--model", model, "--csv", tmp_path / "x.csv")
    assert done.returncode == 3, done.stderr
    assert [row["verdict"] != "" for row in read_csv(tmp_path / "x.csv")] == [True, False, True, False, True]
    here = {one.path: one.p_all for one in Classifier(model)([folder / "a.bmp"])}
    assert float(read_csv(tmp_path / "x.csv")[0]["p_all"]) == pytest.approx(here[str(folder / "a.bmp")], abs=2e-6)


LOADED = """
import sys
from leukolens.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stopped:
    assert stopped.code == 0
print("loaded:", *sys.modules)
"""


def test_import_loads_no_library() -> None:
    done = python("import sys, leukolens; print('loaded:', *sys.modules)")
    assert "leukolens" in done.stdout.split()
    assert not {"numpy", "PIL", "onnxruntime", "torch", "typer"} & set(done.stdout.split())


@pytest.mark.parametrize("command", ["--help", "predict --help", "train --help"])
def test_help_loads_neither_the_runtime_nor_torch(command: str) -> None:
    done = python(LOADED, *command.split())
    assert "Usage" in done.stdout
    assert "leukolens.cli" in done.stdout.split()
    assert not {"onnxruntime", "torch", "sklearn", "matplotlib"} & set(done.stdout.split())


def test_help_loads_no_numpy() -> None:
    assert not {"numpy", "PIL"} & set(python(LOADED, "--help").stdout.split())

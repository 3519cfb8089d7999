"""`leukolens predict`: which files are judged, what is said and written of each; no training library is needed."""

import hashlib
import json
from pathlib import Path

import pytest
from command import leukolens, python
from htmlreport import Report
from tablereader import read_csv

import leukolens as package
from leukolens import Classifier
from leukolens.cases.row import COLUMNS

# what is judged, and what is said


def test_files_are_judged_one_line_each(cells: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((cells / "fold_0/all").glob("*.bmp"))[:2]
    assert leukolens("predict", *files, "--model", model) == 0
    out, err = capsys.readouterr()
    expected = list(Classifier(model)(files))
    assert out.splitlines() == [f"{one.path}  {one.verdict}  {one.p_all:.4f}  {one.model_id}" for one in expected]
    blasts = sum(one.verdict == "ALL" for one in expected)
    assert f"2 judged, {blasts} ALL, {2 - blasts} HEM; images not judged: 0" in err


def test_csv_and_jsonl_hold_a_row_for_every_image_in_order(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, records = tmp_path / "out/x.csv", tmp_path / "out/x.jsonl"
    assert leukolens("predict", folder, "--model", model, "--csv", table, "--jsonl", records) == 3
    rows, read = read_csv(table), [json.loads(line) for line in records.read_text(encoding="utf-8").splitlines()]
    assert tuple(rows[0]) == tuple(read[0]) == COLUMNS
    files = [folder / name for name in ("a.bmp", "b.png", "c.bmp", "d.tif", "deep/e.BMP")]
    assert [row["path"] for row in rows] == [one["path"] for one in read] == list(map(str, files))
    for file, row, one in zip(files, rows, read, strict=True):
        assert row["model_id"] == one["model_id"] == Classifier(model).card.model_id
        assert row["sha256"] == one["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert row["version"] == one["version"] == package.__version__
        for same in ("patient", "band", "reason", "judged_at"):
            assert row[same] == one[same]
        if one["verdict"] is None:
            assert (row["verdict"], row["p_all"], one["p_all"]) == ("", "", None)
        else:
            assert row["verdict"] == one["verdict"] == ("ALL" if one["p_all"] >= 0.5 else "HEM")
            assert row["p_all"] == f"{one['p_all']:.6f}"
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["x.csv", "x.csv.case", "x.jsonl"]


def test_bad_files_are_named_with_their_reason(
    folder: Path, model: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert leukolens("predict", folder, "--model", model) == 3
    out, err = capsys.readouterr()
    assert f"{folder / 'b.png'}: is not a BMP, PNG, TIFF, JPEG or WebP image" in err
    assert f"{folder / 'd.tif'}: is empty (0 bytes). Copy the file again" in err
    assert "left out because LeukoLens does not read files of these kinds: 1 .txt" in caplog.text
    assert "3 judged" in err
    assert "images not judged: 2" in err
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


def test_a_folder_without_images_is_an_error(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    assert leukolens("predict", tmp_path, "--model", model) == 1
    assert f"{tmp_path}: holds no images. Looked for .bmp, .jpeg, .jpg, .png" in capsys.readouterr().err


@pytest.mark.parametrize("bad", ["not ours", "cut short"])
def test_a_bad_model_is_an_error_before_anything_is_written(
    folder: Path, model: Path, tmp_path: Path, bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes((folder / "a.bmp").read_bytes() if bad == "not ours" else model.read_bytes()[:-1000])
    assert leukolens("predict", folder, "--model", path, "--csv", tmp_path / "out/x.csv") == 1
    assert f"leukolens: {path}: is cut short or not an ONNX model" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--resume",),
        ("--resume", "--report", "x.html"),
        ("--csv", "x", "--jsonl", "x"),
        ("--csv", "x", "--case", "x"),
        ("--csv", "x", "--report", "x"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(folder: Path, model: Path, options: tuple[str, ...]) -> None:
    assert leukolens("predict", folder, "--model", model, *options) == 2


# the base install


def test_it_works_without_any_training_library(folder: Path, model: Path, tmp_path: Path) -> None:
    code = """
import sys
for name in ("torch", "torchvision", "timm", "lightning", "sklearn", "matplotlib", "onnx", "safetensors", "scipy"):
    sys.modules[name] = None
from leukolens.cli import main
main(["predict", *sys.argv[1:]])
"""
    done = python(code, folder, "--model", model, "--csv", tmp_path / "x.csv", "--report", tmp_path / "x.html")
    assert done.returncode == 3, done.stderr
    assert [row["verdict"] != "" for row in read_csv(tmp_path / "x.csv")] == [True, False, True, False, True]
    assert len(Report(tmp_path / "x.html").cells) == 5
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
    assert not {"numpy", "PIL", "onnxruntime", "torch", "click"} & set(done.stdout.split())


@pytest.mark.parametrize("command", ["--help", "predict --help", "train --help"])
def test_help_loads_neither_the_runtime_nor_torch(command: str) -> None:
    done = python(LOADED, *command.split())
    assert "Usage" in done.stdout
    assert "leukolens.cli" in done.stdout.split()
    assert not {"onnxruntime", "torch", "sklearn", "matplotlib"} & set(done.stdout.split())


def test_help_loads_no_numpy() -> None:
    assert not {"numpy", "PIL"} & set(python(LOADED, "--help").stdout.split())


@pytest.mark.parametrize("command", ["--help", "predict"])
def test_the_command_line_is_click_and_no_more(command: str, cells: Path, model: Path) -> None:
    files = [cells / "fold_0/hem/UID_H1_1_1_hem.bmp", "--model", model] if command == "predict" else []
    loaded = set(python(LOADED, command, *files).stdout.split())
    assert {"loaded:", "click"} <= loaded
    assert not {"rich", "pydantic", "typer"} & loaded
    assert not {"sqlalchemy", "alembic", "jinja2"} & loaded


def test_alembic_is_loaded_for_an_older_case_alone_and_jinja_for_a_report(
    cells: Path, model: Path, tmp_path: Path
) -> None:
    file = cells / "fold_0/hem/UID_H1_1_1_hem.bmp"
    loaded = set(python(LOADED, "predict", file, "--model", model, "--case", tmp_path / "x.case").stdout.split())
    assert "sqlalchemy" in loaded
    assert not {"alembic", "jinja2"} & loaded

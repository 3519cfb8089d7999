"""`leukolens predict`: every image gets a row, bad ones a reason, a cut run goes on; no training library is needed."""

import csv
import errno
import hashlib
import importlib
import json
import os
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from command import leukolens, python
from fulldisk import full_after
from htmlreport import Report
from PIL import Image

import leukolens as package
from leukolens import Classifier
from leukolens.cli.predict import gather
from leukolens.errors import DatasetError
from leukolens.report.row_file import RowFile
from leukolens.report.rows import COLUMNS, CSV, in_one_line

Rows = list[dict[str, str]]


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


def read_csv(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_path(rows: Rows) -> dict[str, dict[str, str]]:
    found = {row["path"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def without_time(rows: Rows) -> Rows:
    return [{**row, "judged_at": ""} for row in rows]


# what is judged, and what is said


def test_files_are_judged_one_line_each(cells: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((cells / "fold_0/all").glob("*.bmp"))[:2]
    assert leukolens("predict", *files, "--model", model) == 0
    out, err = capsys.readouterr()
    expected = list(Classifier(model)(files))
    assert out.splitlines() == [f"{one.path}  {one.verdict}  {one.p_all:.4f}  {one.model_id}" for one in expected]
    blasts = sum(one.verdict == "ALL" for one in expected)
    assert f"2 judged, {blasts} ALL, {2 - blasts} HEM; 0 not" in err


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
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["x.csv", "x.jsonl"]


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


@pytest.mark.parametrize("pattern", ["*.bmp", "dee*"])
def test_a_glob_without_a_file_is_an_error(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "deep").mkdir()
    with pytest.raises(DatasetError, match="matches no file"):
        gather([f"{tmp_path}/{pattern}"])


def test_two_names_that_a_table_shows_alike_are_an_error(tmp_path: Path) -> None:
    names = ("a\n.bmp", r"a\n.bmp")
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(DatasetError, match="two files have names that a table shows alike"):
        gather([str(tmp_path)])
    assert gather([str(tmp_path / names[0])]) == [tmp_path / names[0]]


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


@pytest.mark.parametrize("bad", ["not ours", "cut short"])
def test_a_bad_model_is_an_error_before_anything_is_written(
    folder: Path, model: Path, tmp_path: Path, bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes((folder / "a.bmp").read_bytes() if bad == "not ours" else model.read_bytes()[:-1000])
    assert leukolens("predict", folder, "--model", path, "--csv", tmp_path / "out/x.csv") == 1
    assert f"leukolens: {path}: is cut short or no ONNX model" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--resume",),
        ("--resume", "--report", "x.html"),
        ("--csv", "x", "--jsonl", "x"),
        ("--csv", "x", "--report", "x"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(folder: Path, model: Path, options: tuple[str, ...]) -> None:
    assert leukolens("predict", folder, "--model", model, *options) == 2


# in bulk


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")  # Pillow's, of the damaged TIFF
def test_five_in_a_hundred_files_broken(cells: Path, model: Path, tmp_path: Path) -> None:
    """190 cells under any name, 10 broken files, each broken in its own way: 190 right rows and 10 with reasons."""
    originals = sorted(cells.rglob("*.bmp"))
    expected = {one.sha256: (one.verdict, f"{one.p_all:.6f}") for one in Classifier(model)(originals)}
    day = tmp_path / "день 中文 🧬"
    day.mkdir()
    names = [f"{number:03}.bmp" for number in range(190)]
    names[5:9] = [
        "é\u0301\u202egnp.bmp",
        " two\nlines\r.bmp",
        "=1+1,\";'.bmp",
        b"caf\xe9.bmp".decode("utf-8", "surrogateescape"),
    ]
    for number, name in enumerate(names):
        os.link(originals[number % len(originals)], day / name)
    whole = originals[0].read_bytes()
    pixels = Image.open(originals[0])
    (day / "x0.bmp").write_bytes(b"")
    (day / "x1.bmp").write_bytes(whole[:1000])
    (day / "x2.bmp").write_text("Dear colleague")
    (day / "x3.png").write_bytes(np.random.default_rng(0).bytes(5000))
    (day / "x4.jpg").symlink_to("absent.jpg")
    (day / "x5.tif").write_bytes(b"II*\0\x08\0\0\0\xff\xff")
    pixels.convert("L").save(day / "x6.png")
    pixels.crop((0, 0, 99, 99)).save(day / "x7.webp")
    pixels.convert("CMYK").save(day / "x8.jpeg")
    os.mkfifo(day / "x9.bmp")
    table = tmp_path / "day.csv"
    assert leukolens("predict", day, "--model", model, "--csv", table, "--threads", "2") == 3
    rows = {row["path"]: row for row in read_csv(table)}
    assert len(rows) == len(read_csv(table)) == 200
    for number, name in enumerate(names):
        row = rows[in_one_line(str(day / name))]
        assert (row["verdict"], row["p_all"]) == expected[row["sha256"]]
        assert row["sha256"] == hashlib.sha256(originals[number % len(originals)].read_bytes()).hexdigest()
        assert row["reason"] == ""
    broken = [row for row in rows.values() if not row["verdict"]]
    assert [Path(row["path"]).stem for row in broken] == [f"x{number}" for number in range(10)]
    reasons = (
        "is empty",
        "is cut short",
        "is not a BMP",
        "is not a BMP",
        "cannot be read (No such file",
        "is not a BMP",
        "is greyscale",
        "is 99×99 px, smaller than the crop",
        "is CMYK",
        "is no ordinary file",
    )
    for row, reason in zip(broken, reasons, strict=True):
        assert row["reason"].startswith(reason), row
        assert row["p_all"] == ""


def test_a_file_that_vanishes_after_it_was_listed_gets_a_row(
    folder: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changing(arguments: list[str]) -> list[Path]:
        found = gather(arguments)
        (folder / "c.bmp").unlink()
        shutil.copy(folder / "a.bmp", folder / "later.bmp")
        return found

    module = importlib.import_module("leukolens.cli.predict")  # its name in the package is the command's
    monkeypatch.setattr(module, "gather", changing)
    assert leukolens("predict", folder, "--model", model, "--csv", tmp_path / "x.csv") == 3
    rows = read_csv(tmp_path / "x.csv")
    assert [Path(row["path"]).name for row in rows] == ["a.bmp", "b.png", "c.bmp", "d.tif", "e.BMP"]
    assert rows[2]["reason"] == "cannot be read (No such file or directory)"
    assert [bool(row["verdict"]) for row in rows] == [True, False, False, False, True]


# a run that is cut


KILLED = """
import os, signal, sys
from leukolens.report.tables import Tables
append, left = Tables.append, 5
def dying(self, row):
    global left
    append(self, row)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
Tables.append = dying
from leukolens.cli import main
main(["predict", *sys.argv[1:]])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_run_goes_on_to_the_same_tables(cells: Path, model: Path, tmp_path: Path) -> None:
    arguments = (cells / "fold_0", "--model", model, "--threads", "2", "--csv", tmp_path / "x.csv")
    arguments = (*arguments, "--jsonl", tmp_path / "x.jsonl")
    assert python(KILLED, *map(str, arguments)).returncode == -signal.SIGKILL
    before = read_csv(tmp_path / "x.csv")
    assert len(before) == len((tmp_path / "x.jsonl").read_text().splitlines()) == 5
    assert leukolens("predict", *arguments) == 1
    assert leukolens("predict", *arguments, "--resume") == 0
    after = read_csv(tmp_path / "x.csv")
    assert after[:5] == before
    assert leukolens("predict", cells / "fold_0", "--model", model, "--threads", "1", "--csv", tmp_path / "y.csv") == 0
    assert without_time(after) == without_time(read_csv(tmp_path / "y.csv"))
    assert len(after) == 48
    records = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert [one["path"] for one in records] == [row["path"] for row in after]


def test_only_what_changed_is_judged_again(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("predict", folder, "--model", model, "--csv", tmp_path / "x.csv", "--report", tmp_path / "x.html")
    assert leukolens(*arguments) == 3
    first = {Path(row["path"]).name: row for row in read_csv(tmp_path / "x.csv")}
    shutil.copy(folder / "a.bmp", folder / "b.png")
    shutil.copy(folder / "deep/e.BMP", folder / "c.bmp")
    assert leukolens(*arguments, "--resume") == 3
    assert "3 rows of an earlier run are kept" in capsys.readouterr().err
    second = {Path(row["path"]).name: row for row in read_csv(tmp_path / "x.csv")}
    assert list(second) == ["a.bmp", "d.tif", "e.BMP", "b.png", "c.bmp"]
    assert all(second[name] == first[name] for name in ("a.bmp", "d.tif", "e.BMP"))
    assert second["b.png"]["p_all"] == first["a.bmp"]["p_all"]
    assert second["c.bmp"]["sha256"] == first["e.BMP"]["sha256"]
    found = Report(tmp_path / "x.html")
    assert by_path(found.cells) == by_path(read_csv(tmp_path / "x.csv"))
    assert [name for name, _ in found.tags].count("svg") == 4
    arguments = (arguments[0], folder / "a.bmp", *arguments[2:])  # what is not asked for stays, without a picture
    assert leukolens(*arguments, "--resume") == 3
    found = Report(tmp_path / "x.html")
    assert by_path(found.cells) == by_path(read_csv(tmp_path / "x.csv")) == by_path(list(second.values()))
    assert [name for name, _ in found.tags].count("svg") == 1


def test_a_table_that_exists_or_belongs_to_another_run_is_left_alone(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "x.csv"
    arguments = ("predict", folder / "a.bmp", "--model", model, "--csv", table)
    with RowFile(table, CSV, model_id=Classifier(model).card.model_id, resume=False):
        before = table.read_bytes()
        assert leukolens(*arguments, "--resume") == 1
        assert f"{table}: is being written by another run" in capsys.readouterr().err
    assert leukolens(*arguments) == 1
    assert f"{table}: exists already. Go on with it by --resume" in capsys.readouterr().err
    assert table.read_bytes() == before


@pytest.mark.parametrize("option", ["--csv", "--jsonl"])
def test_a_disk_full_at_any_row_leaves_whole_rows_and_it_goes_on(
    folder: Path,
    model: Path,
    tmp_path: Path,
    option: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = tmp_path / "whole"
    assert leukolens("predict", folder, "--model", model, option, whole) == 3
    header = len(CSV.header) if option == "--csv" else 0
    rows = whole.read_bytes()[header:].splitlines(keepends=True)
    for fitting in range(len(rows)):
        table = tmp_path / f"x{fitting}"
        with full_after(monkeypatch, header + sum(map(len, rows[:fitting])) + 10):
            assert leukolens("predict", folder, "--model", model, option, table) == 1
        err = capsys.readouterr().err
        assert f"{table}: no space left while writing. Free some space" in err
        assert "go on with --resume" in err
        assert len(table.read_bytes()[header:].splitlines(keepends=True)) == fitting
        assert table.read_bytes()[-1:] in (b"\n", b"")
        assert leukolens("predict", folder, "--model", model, option, table, "--resume") == 3
        assert len(table.read_bytes()[header:].splitlines()) == len(rows) == 5


def test_a_place_that_cannot_be_written_is_an_error(
    folder: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leukolens("predict", folder / "a.bmp", "--model", model, "--csv", folder / "notes.txt/x.csv") == 1
    assert "x.csv: cannot be written" in capsys.readouterr().err
    assert (folder / "notes.txt").read_text() == "notes"


# patients and the report


def test_the_report_holds_the_rows_of_the_csv(folder: Path, cells: Path, model: Path, tmp_path: Path) -> None:
    table, page = tmp_path / "x.csv", tmp_path / "x.html"
    assert leukolens("predict", folder, cells / "fold_1", "--model", model, "--csv", table, "--report", page) == 3
    found, rows = Report(page), read_csv(table)
    assert len(rows) == 53
    assert by_path(found.cells) == by_path(rows)
    p_all = [float(row["p_all"]) for row in found.cells if row["p_all"]]
    assert p_all == sorted(p_all, reverse=True)
    assert [name for name, _ in found.tags].count("svg") == 51  # a picture of every cell that could be judged
    patients = {line[0]: line[1:] for line in found.tables[""][1:]}
    for patient, files in Counter(row["patient"] for row in rows).items():
        mine = [row for row in rows if row["patient"] == patient]
        judged, called = sum(row["verdict"] != "" for row in mine), sum(row["verdict"] == "ALL" for row in mine)
        counts = [str(files), str(judged), str(called), f"{called / judged:.3f}", "0", str(files - judged)]
        assert patients[patient or "(not known)"] == counts
    assert len(patients) == 9
    assert "No patient gets a verdict: this model has no patient rule." in found.text
    assert len(page.read_bytes()) < 4_000 * 51 + 20_000  # docs/predictions.md tells the size


@pytest.mark.parametrize("source", ["parent", r"fold_\d/([a-z]+)/", "who.csv"])
def test_patients_from_folder_pattern_or_table(
    cells: Path, model: Path, tmp_path: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [*sorted(cells.glob("fold_0/all/*"))[:2], *sorted(cells.glob("fold_0/hem/*"))[:3]]
    if source == "who.csv":
        source = str(tmp_path / source)
        Path(source).write_text("path,patient\n" + "".join(f"{file},{file.parent.name}\n" for file in files))
    assert leukolens("predict", *files, "--model", model, "--csv", tmp_path / "x.csv", "--patient-from", source) == 0
    assert [row["patient"] for row in read_csv(tmp_path / "x.csv")] == ["all", "all", "hem", "hem", "hem"]
    err = capsys.readouterr().err
    assert {line.split()[0]: line.split()[1] for line in err.splitlines()[1:3]} == {"all": "2", "hem": "3"}
    assert "No patient gets a verdict: this model has no patient rule." in err


def test_a_file_without_a_patient_stops_the_run_before_it_begins(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("predict", folder, "--model", model, "--csv", tmp_path / "x.csv")
    assert leukolens(*arguments, "--patient-from", "(deep)") == 1
    assert "--patient-from (deep) tells no patient for 4 of 5 files" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()


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
    assert not {"numpy", "PIL", "onnxruntime", "torch", "typer"} & set(done.stdout.split())


@pytest.mark.parametrize("command", ["--help", "predict --help", "train --help"])
def test_help_loads_neither_the_runtime_nor_torch(command: str) -> None:
    done = python(LOADED, *command.split())
    assert "Usage" in done.stdout
    assert "leukolens.cli" in done.stdout.split()
    assert not {"onnxruntime", "torch", "sklearn", "matplotlib"} & set(done.stdout.split())


def test_help_loads_no_numpy() -> None:
    assert not {"numpy", "PIL"} & set(python(LOADED, "--help").stdout.split())

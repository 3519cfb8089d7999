"""`leukolens predict` for a day's work: many files, some broken; runs that are cut; patients and the report."""

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from command import leukolens, python
from htmlreport import Report
from PIL import Image
from tablereader import Rows, by_path, read_csv

from leukolens import Case, Classifier
from leukolens.base.names import in_one_line
from leukolens.model.network_file import SHIPPED_INT8, NetworkFile
from leukolens.predict import items
from leukolens.predict.items import Item, gather


def without_time(rows: Rows) -> Rows:
    return [{**row, "judged_at": ""} for row in rows]


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
        assert row["reason"].startswith("This model lacks safeguards: ")
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
        "is not an ordinary file",
    )
    for row, reason in zip(broken, reasons, strict=True):
        assert row["reason"].startswith(reason), row
        assert row["p_all"] == ""


def test_a_file_that_vanishes_after_it_was_listed_gets_a_row(
    folder: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changing(arguments: list[str], **options: str | None) -> list[Item]:
        found = gather(arguments, **options)
        (folder / "c.bmp").unlink()
        shutil.copy(folder / "a.bmp", folder / "later.bmp")
        return found

    monkeypatch.setattr(items, "gather", changing)
    assert leukolens("predict", folder, "--model", model, "--csv", tmp_path / "x.csv") == 3
    rows = read_csv(tmp_path / "x.csv")
    assert [Path(row["path"]).name for row in rows] == ["a.bmp", "b.png", "c.bmp", "d.tif", "e.BMP"]
    assert rows[2]["reason"].startswith("cannot be read (No such file or directory). ")
    assert [bool(row["verdict"]) for row in rows] == [True, False, False, False, True]


# a run that is cut


KILLED = """
import os, signal, sys
from leukolens.cases import fill
from leukolens.cases.store import Case
fill.EVERY, fill.AT_ONCE = 0.0, 5
add = Case.add
def dying(self, judged):
    add(self, judged)
    if len(list(self.rows())) >= 5:
        os.kill(os.getpid(), signal.SIGKILL)
Case.add = dying
from leukolens.cli import main
main(["predict", *sys.argv[1:]])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("kept", ["--case", "beside the table"])
def test_a_killed_run_goes_on_to_the_same_tables(cells: Path, model: Path, tmp_path: Path, kept: str) -> None:
    arguments = [cells / "fold_0", "--model", model, "--threads", "2", "--csv", tmp_path / "x.csv"]
    arguments += ["--jsonl", tmp_path / "x.jsonl"]
    where = tmp_path / ("day.case" if kept == "--case" else "x.csv.case")
    arguments += ["--case", where] if kept == "--case" else []
    assert python(KILLED, *map(str, arguments)).returncode == -signal.SIGKILL
    assert not (tmp_path / "x.csv").exists()
    with Case.open(where) as case:
        before = list(case.rows())
    assert len(before) == 5
    assert leukolens("predict", *arguments) == 1
    assert leukolens("predict", *arguments, "--resume") == 0
    after = read_csv(tmp_path / "x.csv")
    assert after[:5] == [row.texts() for row in before]
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
    assert "3 files of an earlier run are kept" in capsys.readouterr().err
    second = {Path(row["path"]).name: row for row in read_csv(tmp_path / "x.csv")}
    assert list(second) == ["a.bmp", "d.tif", "e.BMP", "b.png", "c.bmp"]
    assert all(second[name] == first[name] for name in ("a.bmp", "d.tif", "e.BMP"))
    assert second["b.png"]["p_all"] == first["a.bmp"]["p_all"]
    assert second["c.bmp"]["sha256"] == first["e.BMP"]["sha256"]
    found = Report(tmp_path / "x.html")
    assert by_path(found.cells) == by_path(read_csv(tmp_path / "x.csv"))
    assert [name for name, _ in found.tags].count("svg") == 4
    arguments = (arguments[0], folder / "a.bmp", *arguments[2:])  # what is not asked for stays, with its picture
    assert leukolens(*arguments, "--resume") == 0  # the one that is asked for is judged
    found = Report(tmp_path / "x.html")
    assert by_path(found.cells) == by_path(read_csv(tmp_path / "x.csv")) == by_path(list(second.values()))
    assert [name for name, _ in found.tags].count("svg") == 4


def test_a_file_is_one_file_however_its_path_is_spelled(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "x.csv"
    options = ("--model", model, "--csv", table)
    monkeypatch.chdir(folder)
    assert leukolens("predict", "a.bmp", folder / "a.bmp", "deep/../a.bmp", "*.bmp", *options) == 0
    rows = read_csv(table)
    assert [row["path"] for row in rows] == ["a.bmp", "c.bmp"]
    assert leukolens("predict", folder / "a.bmp", *options, "--resume") == 0
    assert read_csv(table) == rows
    monkeypatch.chdir(tmp_path)  # where 'a.bmp' is no file: its row would count beside the new one
    assert leukolens("predict", folder / "a.bmp", *options, "--resume") == 1
    assert "is already in the case, as a.bmp. Run it from the same folder" in capsys.readouterr().err
    assert read_csv(table) == rows


def test_what_a_cut_run_could_not_judge_is_named_again(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("predict", folder, "--model", model, "--csv", tmp_path / "x.csv")
    assert leukolens(*arguments) == 3
    named = [line for line in capsys.readouterr().err.splitlines() if line.startswith(f"{folder}/")]
    assert len(named) == 2
    assert leukolens(*arguments, "--resume") == 3
    err = capsys.readouterr().err
    assert all(line in err for line in named)


def test_a_run_that_cannot_begin_leaves_no_table(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.jsonl").write_text("mine")
    tables = ("--csv", tmp_path / "x.csv", "--jsonl", tmp_path / "x.jsonl")
    assert leukolens("predict", folder / "a.bmp", "--model", model, *tables) == 1
    assert f"{tmp_path / 'x.jsonl'}: exists already" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.glob("x.*")) == ["x.jsonl"]
    assert leukolens("predict", folder / "a.bmp", "--model", model, *tables, "--resume") == 1
    assert sorted(path.name for path in tmp_path.glob("x.*")) == ["x.jsonl"]


def test_a_name_that_no_file_can_have_is_a_row_with_its_reason(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leukolens("predict", f"{'a' * 300}.bmp", "--model", model, "--csv", tmp_path / "x.csv") == 1
    assert "cannot be read (File name too long)" in capsys.readouterr().err
    assert len(read_csv(tmp_path / "x.csv")) == 1


def test_a_table_that_exists_or_belongs_to_another_run_is_left_alone(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "x.csv"
    arguments = ("predict", folder / "a.bmp", "--model", model, "--csv", table)
    assert leukolens(*arguments) == 0
    before = table.read_bytes()
    assert leukolens(*arguments) == 1
    assert f"{table}: exists already. Continue it with --resume" in capsys.readouterr().err
    with Case.open(f"{table}.case") as case, case.alone():
        assert leukolens(*arguments, "--resume") == 1
    assert f"{table}.case: is being written by another run" in capsys.readouterr().err
    assert table.read_bytes() == before
    table.unlink()
    assert leukolens(*arguments) == 1
    assert f"{table}.case: exists already. Continue it with --resume" in capsys.readouterr().err


def test_another_model_is_refused(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("predict", folder / "a.bmp", "--case", tmp_path / "x.case")
    assert leukolens(*arguments, "--model", model) == 0
    assert leukolens(*arguments, "--resume") == 1
    assert f"{tmp_path / 'x.case'}: was judged with model {Classifier(model).card.model_id}" in capsys.readouterr().err


def test_a_case_keeps_to_the_form_that_it_began_with(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, int8 = tmp_path / "x.case", NetworkFile(SHIPPED_INT8, threads=1).card.model_id
    assert leukolens("predict", folder / "a.bmp", "--case", case, "--form", "int8") in (0, 1)
    assert "form of the model" not in capsys.readouterr().err  # it was asked for
    assert leukolens("predict", folder / "a.bmp", folder / "c.bmp", "--case", case, "--resume") in (0, 1, 3)
    assert "int8 form of the model: it judged before\n" in capsys.readouterr().err
    with Case.open(case) as opened:
        assert {row.model_id for row in opened.rows()} == {int8}
    assert leukolens("predict", folder / "a.bmp") in (0, 1)
    assert "float form of the model: this processor is a test's\n" in capsys.readouterr().err
    with_report = tmp_path / "x.html"
    leukolens("export-case", case, "--report", with_report)
    assert f"<code>{int8}</code>, int8" in with_report.read_text()


def test_tables_and_report_of_a_case_without_its_images(folder: Path, model: Path, tmp_path: Path) -> None:
    day, files = tmp_path / "day.case", ("x.csv", "x.jsonl", "x.html")
    (tmp_path / "now").mkdir()
    options = [each for file in files for each in (f"--{file[2:].replace('html', 'report')}", tmp_path / "now" / file)]
    assert leukolens("predict", folder, "--model", model, "--case", day, *options) == 3
    shutil.rmtree(folder)
    later = [str(option).replace("/now/", "/later/") for option in options]
    assert leukolens("export-case", day, *later) == 0
    for file in files:
        assert (tmp_path / "now" / file).read_bytes() == (tmp_path / "later" / file).read_bytes()
    assert leukolens("check", day) == 0
    assert leukolens("export-case", day) == 2


def test_check_names_an_edited_row(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = tmp_path / "day.case"
    assert leukolens("predict", folder / "a.bmp", "--model", model, "--case", day) == 0
    connection = sqlite3.connect(day)
    connection.execute("UPDATE verdicts SET verdict = 'HEM or ALL'")
    connection.commit()
    connection.close()
    capsys.readouterr()
    assert leukolens("check", day) == 1
    out, err = capsys.readouterr()
    assert out == f"verdicts row 1 ({folder / 'a.bmp'}): was edited: its values do not match its digest\n"
    assert "1 findings" in err


def test_a_place_that_cannot_be_written_is_an_error(
    folder: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leukolens("predict", folder / "a.bmp", "--model", model, "--csv", folder / "notes.txt/x.csv") == 1
    assert "x.csv.case: cannot be written" in capsys.readouterr().err
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
    patients = {line[0]: line[1:] for line in found.tables["by-patient"][1:]}
    for patient, files in Counter(row["patient"] for row in rows).items():
        mine = [row for row in rows if row["patient"] == patient]
        judged, *called = (
            sum(row["verdict"] in verdicts for row in mine) for verdicts in (("ALL", "HEM"), ("ALL",), ("HEM",))
        )
        assert patients[patient or "(not known)"][1:5] == list(map(str, (files, judged, *called)))
    assert len(patients) == 9
    assert "No patient gets a share of blasts: this model has no share rule." in found.text
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
    assert "No patient gets a share of blasts: this model has no share rule." in err


def test_a_file_without_a_patient_stops_the_run_before_it_begins(
    folder: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("predict", folder, "--model", model, "--csv", tmp_path / "x.csv")
    assert leukolens(*arguments, "--patient-from", "(deep)") == 1
    assert "--patient-from (deep) gives no patient for 4 of 5 files" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()

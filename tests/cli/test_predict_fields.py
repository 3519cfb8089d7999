"""Fields and cut-outs in one command: each found out and said; --resume, patients, copies and the missing extra."""

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest
from command import leukolens
from fieldmaker import field
from PIL import Image

from leukolens import Case
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    """Two fields, one of them twice, a field without white cells, one cut-out and a broken file."""
    place = tmp_path / "slide_7"
    place.mkdir()
    write_phantoms(tmp_path / "cells", PhantomSettings(folds=1, subjects=1, cells=1))
    shutil.copy(next((tmp_path / "cells").rglob("*.bmp")), place / "cell.bmp")
    for number in range(2):
        Image.fromarray(field(seed=number)).save(place / f"field_{number}.png")
    shutil.copy(place / "field_0.png", place / "field_0 copy.png")
    Image.fromarray(field(white=(), seed=3)).save(place / "red.png")
    (place / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return place


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def untimed(table: Path) -> list[dict[str, str]]:
    return sorted(({**row, "judged_at": ""} for row in rows(table)), key=lambda row: (row["path"], row["cell"]))


def test_fields_and_cut_outs_in_one_command(slide: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = {name: tmp_path / name for name in ("day.case", "day.csv", "day.jsonl", "day.html", "patients.json")}
    options = ("--case", out["day.case"], "--csv", out["day.csv"], "--jsonl", out["day.jsonl"])
    options = (*options, "--report", out["day.html"], "--patients", out["patients.json"], "--patient-from", "parent")
    assert leukolens("predict", slide, *options) == 3
    said = capsys.readouterr().err
    assert "field_0.png: is a field; 2 cells found, 2 judged\n" in said
    assert "red.png: shows no white cell. Choose a place where" in said
    assert "torn.png: is cut short" in said
    assert "cell.bmp" not in said or "cell.bmp: is" not in said
    found = {(Path(row["path"]).name, row["cell"], row["kind"]) for row in rows(out["day.csv"])}
    pairs = {(name, cell, "lymphoid") for name in ("field_0.png", "field_0 copy.png", "field_1.png") for cell in "12"}
    assert found == {*pairs, ("cell.bmp", "", ""), ("red.png", "", ""), ("torn.png", "", "")}
    lines = [json.loads(line) for line in out["day.jsonl"].read_text(encoding="utf-8").splitlines()]
    assert {line["cell"] for line in lines} == {None, 1, 2}
    (patient,) = json.loads(out["patients.json"].read_text(encoding="utf-8"))
    assert (patient["patient"], patient["files"], patient["copies"]) == ("slide_7", 6, 2)
    assert patient["judged"] == 4 + sum(row["p_all"] != "" for row in rows(out["day.csv"]) if not row["cell"])
    with Case.open(out["day.case"]) as case:
        kinds = {Path(one.path).name: one.kind for one in case.inputs()}
    assert kinds == {
        **dict.fromkeys(("field_0.png", "field_0 copy.png", "field_1.png", "red.png"), "field"),
        "cell.bmp": "cut-out",
        "torn.png": "unreadable",
    }


def test_resume_keeps_fields_whole_and_ends_in_the_same_rows(
    slide: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leukolens("predict", slide, "--csv", tmp_path / "whole.csv") == 3
    first = sorted(slide.glob("*.png"))[:2]
    assert leukolens("predict", *first, "--csv", tmp_path / "cut.csv") == 0
    capsys.readouterr()
    assert leukolens("predict", slide, "--csv", tmp_path / "cut.csv", "--resume") == 3
    assert "2 files of an earlier run are kept" in capsys.readouterr().err
    assert untimed(tmp_path / "cut.csv") == untimed(tmp_path / "whole.csv")


def test_a_scale_given_at_the_second_try_judges_the_field_again(tmp_path: Path) -> None:
    Image.fromarray(field(red=0, platelets=0)).save(tmp_path / "lone.png")
    command = ("predict", tmp_path / "lone.png", "--csv", tmp_path / "day.csv")
    assert leukolens(*command) == 1
    assert {row["reason"].partition("). ")[2] for row in rows(tmp_path / "day.csv")} == {"Give --um-per-px"}
    assert leukolens(*command, "--resume", "--um-per-px", "0.1") == 0
    assert {row["verdict"] for row in rows(tmp_path / "day.csv")} <= {"ALL", "HEM", "uncertain"}
    before = rows(tmp_path / "day.csv")
    assert leukolens(*command, "--resume", "--um-per-px", "0.1") == 0
    assert rows(tmp_path / "day.csv") == before


def test_pictures_that_a_report_needs_are_made_when_it_is_asked_for(tmp_path: Path) -> None:
    Image.fromarray(field()).save(tmp_path / "field.png")
    command = ("predict", tmp_path / "field.png", "--csv", tmp_path / "day.csv")
    assert leukolens(*command) == 0
    before = untimed(tmp_path / "day.csv")
    assert leukolens(*command, "--resume", "--report", tmp_path / "day.html") == 0
    assert untimed(tmp_path / "day.csv") == before
    assert "data:image/jpeg" in (tmp_path / "day.html").read_text(encoding="utf-8")


def test_without_opencv_the_fields_row_says_what_to_install(
    slide: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert leukolens("predict", slide, "--csv", tmp_path / "day.csv") == 3
    found = {Path(row["path"]).name: row for row in rows(tmp_path / "day.csv")}
    assert found["field_0.png"]["verdict"] == "refused"
    assert found["field_0.png"]["reason"].endswith("pip install 'leukolens[fields]'")
    assert found["cell.bmp"]["verdict"] in ("ALL", "HEM", "uncertain")
    monkeypatch.undo()
    assert leukolens("predict", slide, "--csv", tmp_path / "day.csv", "--resume") == 3
    assert sum(row["cell"] != "" for row in rows(tmp_path / "day.csv")) == 6


def test_the_terminal_shows_each_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(field()).save(tmp_path / "field.png")
    assert leukolens("predict", tmp_path / "field.png") == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[1] for line in said] == ["cell 1", "cell 2"]

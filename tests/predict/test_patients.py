"""Whose cell a file shows, by each way of telling it; a file without a patient is an error, not a gap."""

import time
from pathlib import Path

import pytest

from leukolens.base.errors import DatasetError
from leukolens.predict.patients import patients_of


def test_by_default_cnmc_names_tell(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("UID_H12_3_4_hem.bmp", "UID_h3_1_1_hem.bmp", "uid_51_1_1_all.png", "x.bmp")]
    assert list(patients_of(paths, None).values()) == ["H12", "H3", "51", ""]


def test_the_parent_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Anna K").mkdir()
    monkeypatch.chdir(tmp_path / "Anna K")
    paths = [tmp_path / "7/a.bmp", tmp_path / "Bé\n/b.bmp", Path("c.bmp")]
    assert list(patients_of(paths, "parent").values()) == ["7", r"Bé\n", "Anna K"]


def test_a_file_in_the_root_has_no_parent_folder() -> None:
    with pytest.raises(DatasetError, match=r"--patient-from parent gives no patient for 1 of 1 files: /a\.bmp"):
        patients_of([Path("/a.bmp")], "parent")


@pytest.mark.parametrize(
    ("pattern", "patient"),
    [
        (r"slide_(\d+)", "12"),
        (r"/([^/]+)/slide", "day 1"),
        (r"^(.*)/day", "cells"),
        (r"(?:x|e)_([0-9])", "1"),
        (r"slide_(?P<who>\d+)_", "12"),
    ],
)
def test_the_one_group_of_a_pattern(pattern: str, patient: str) -> None:
    path = Path("cells/day 1/slide_12_b.bmp")
    assert patients_of([path], pattern) == {path: patient}


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)+$", r"^(?:(?:[a-z])+.)+([A-Z])"])
def test_a_pattern_that_could_backtrack_for_ever_answers_at_once(pattern: str) -> None:
    started = time.process_time()
    with pytest.raises(DatasetError, match="gives no patient for 1 of 1 files"):
        patients_of([Path("a" * 200 + "!.bmp")], pattern)
    assert time.process_time() - started < 1


def test_a_pattern_sees_a_name_as_it_is_shown() -> None:
    path = Path(b"caf\xe9/p_7\n.bmp".decode("utf-8", "surrogateescape"))
    assert patients_of([path], r"^(.*)/") == {path: r"caf\xe9"}
    assert patients_of([path], r"p_(.*)\.bmp") == {path: r"7\n"}


@pytest.mark.parametrize("pattern", ["(", "[", r"(\d+", "*", "(a{99999999})", r"(?=a)(b)", r"(a)\1", "(\ud800"])
def test_a_broken_pattern_is_named(pattern: str) -> None:
    with pytest.raises(DatasetError, match="is not a regular expression"):
        patients_of([Path("a.bmp")], pattern)


@pytest.mark.parametrize(("pattern", "groups"), [("slide", 0), (r"(a)(\d)", 2)])
def test_a_pattern_needs_one_group(pattern: str, groups: int) -> None:
    with pytest.raises(DatasetError, match=f"has {groups} groups; exactly one is needed"):
        patients_of([Path("a.bmp")], pattern)


def test_files_without_a_patient_are_named_and_nothing_is_judged() -> None:
    paths = [Path(f"{name}.bmp") for name in ("p1", "odd", "p2", "x", "y", "z")]
    with pytest.raises(DatasetError) as caught:
        patients_of(paths, r"p(\d)")
    assert str(caught.value) == (
        r"--patient-from p(\d) gives no patient for 4 of 6 files: odd.bmp, x.bmp, y.bmp, …. "
        "Add them to it, or leave them out"
    )


@pytest.mark.parametrize("pattern", [r"p(\d*)", r"p(\d)?", r"p( *)"])
def test_an_empty_group_is_no_patient(pattern: str) -> None:
    with pytest.raises(DatasetError, match="gives no patient for 1 of 1 files"):
        patients_of([Path("p.bmp")], pattern)


TABLES = {
    "commas": b"path,patient\na.bmp,7\nb/c.bmp,Anna\n",
    "a spreadsheet's": b"\xef\xbb\xbfpath;patient\r\na.bmp;7\r\nb/c.bmp;Anna\r\n",
    "tabs and more columns": b"date\tpatient\tpath\n1\t7\ta.bmp\n2\t Anna \tb/c.bmp\n",
    "quotes and empty lines": b'"path","patient"\n\n"a.bmp","7"\n"./b/../b/c.bmp","Anna"\n\n',
    "the same twice": b"path,patient\na.bmp,7\na.bmp,7\nb/c.bmp,Anna\n",
}


@pytest.mark.parametrize("what", TABLES)
def test_a_table_beside_the_cells(tmp_path: Path, what: str) -> None:
    (tmp_path / "who.csv").write_bytes(TABLES[what])
    paths = [tmp_path / "a.bmp", tmp_path / "b/c.bmp"]
    assert list(patients_of(paths, str(tmp_path / "who.csv")).values()) == ["7", "Anna"]


def test_paths_in_a_table_may_be_absolute_or_start_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lists").mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lists/who.CSV").write_text(f"path,patient\n{tmp_path}/a.bmp,7\nday/b.bmp,8\n")
    paths = [Path("a.bmp"), Path("day/b.bmp"), tmp_path / "day/b.bmp"]
    assert list(patients_of(paths, "lists/who.CSV").values()) == ["7", "8", "8"]


def test_a_table_of_ours_tells_too(tmp_path: Path) -> None:
    from rowmaker import row

    from leukolens.report.tables import csv_lines

    name = b"caf\xe9.bmp".decode("utf-8", "surrogateescape")
    rows = [row(path=r"caf\xe9.bmp"), row(path="=1+1.bmp", patient="-7")]
    (tmp_path / "x.csv").write_text("".join(csv_lines(rows)), encoding="utf-8")
    paths = [tmp_path / name, tmp_path / "=1+1.bmp"]
    assert list(patients_of(paths, str(tmp_path / "x.csv")).values()) == ["H3", "-7"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"path,patient\na.bmp,7\na.bmp,8\n", "who.csv: gives two patients for a.bmp"),
        (b"file,patient\na.bmp,7\n", "who.csv: lacks the columns path and patient"),
        (b"", "who.csv: lacks the columns path and patient"),
        (b"path,patient\ncaf\xe9.bmp,7\n", "who.csv: is not UTF-8 text. Save it as 'CSV UTF-8'"),
        (b"path,patient\nb.bmp,7\n", "gives no patient for 1 of 1 files"),
        (b"path,patient\na.bmp,\n", "gives no patient for 1 of 1 files"),
        (b"path,patient\na.bmp\n", "gives no patient for 1 of 1 files"),
        (b"path,patient\n,7\n", "gives no patient for 1 of 1 files"),
        (b'path,patient\na.bmp,7\nb.bmp,"8' + b"x" * 131_073, "who.csv: cannot be read after line 2 (field larger"),
        (b'path,"' + b"x" * 131_073, "who.csv: cannot be read after line 0 (field larger"),
    ],
)
def test_a_table_that_does_not_tell_is_an_error(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "who.csv").write_bytes(data)
    with pytest.raises(DatasetError) as caught:
        patients_of([tmp_path / "a.bmp"], str(tmp_path / "who.csv"))
    assert message in str(caught.value)


def test_an_absent_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"who\.csv: cannot be read \(No such file"):
        patients_of([tmp_path / "a.bmp"], str(tmp_path / "who.csv"))

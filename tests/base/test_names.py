"""A text from outside is shown as one line whose order nobody has turned."""

import unicodedata
from pathlib import Path

import pytest

from leukolens.base.names import file_of, from_cell, in_one_line, not_a_formula, place_of

MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("mark", MARKS)
def test_a_direction_mark_is_escaped(mark: str) -> None:
    assert in_one_line(f"cell_{mark}gnp.exe") == f"cell_\\u{ord(mark):04x}gnp.exe"


def test_these_are_all_the_marks_there_are() -> None:
    """By Unicode's own classes: the embeddings, overrides, isolates and their ends, and the implicit marks' names."""
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    found = {c for c in map(chr, range(0x110000)) if unicodedata.bidirectional(c) in turning}
    assert found | {"\u061c", "\u200e", "\u200f"} == set(MARKS)


@pytest.mark.parametrize("name", ["UID_1_1_1_all.bmp", "é 中 \U0001f9ec", "خلية.png", "תא.png", "नमूना\u200d.png"])
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert in_one_line(name) == name


def test_it_changes_nothing_twice() -> None:
    line = in_one_line("a\u202eb\nc\udce9")
    assert line == "a\\u202eb\\nc\\xe9"
    assert in_one_line(line) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain é 中 \U0001f9ec", "plain é 中 \U0001f9ec"),
        ("two\nlines\r", r"two\nlines\r"),
        ("tab\tbell\x07 nul\x00 \x85", r"tab\tbell\x07 nul\x00 \x85"),
        ("\u2028\u2029", r"\u2028\u2029"),
        (b"caf\xe9.bmp".decode("utf-8", "surrogateescape"), r"caf\xe9.bmp"),
        ("\ud800", r"\ud800"),
        ("C:\\cells\\new.bmp", "C:\\cells\\new.bmp"),
        ("", ""),
    ],
)
def test_what_cannot_stand_in_a_line_is_escaped(text: str, line: str) -> None:
    assert in_one_line(text) == line
    assert in_one_line(line) == line
    line.encode()


def test_a_place_is_the_same_however_its_path_is_spelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.bmp", "line\nend.bmp", "caf\udce9.bmp"):
        whole = place_of(str(tmp_path / name))
        assert "\n" not in whole
        for spelled in (name, f"./{name}", f"deep/../{name}", in_one_line(name), whole):
            assert place_of(spelled) == whole
        assert place_of(name, folder=tmp_path / "deep") == place_of(str(tmp_path / "deep" / name)) != whole


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x.bmp", "@SUM(A1)", "\tx", "\r=x", "=cmd|' /C calc'!A0"])
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert not_a_formula(text) == f"'{text}"
    assert from_cell(not_a_formula(text)) == text


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "'quoted", "cells/-a.bmp", "中"])
def test_any_other_text_stays(text: str) -> None:
    assert not_a_formula(text) == from_cell(text) == text


@pytest.mark.parametrize("path", ["a.png", "day/P-1/a.png", "C:\\day\\a.png", "/day\\P-1/a.png"])
def test_a_files_name_is_its_last_part_on_every_system(path: str) -> None:
    assert file_of(path) == "a.png"

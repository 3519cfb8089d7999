"""A text from outside is shown as one line whose order nobody has turned."""

import unicodedata

import pytest

from leukolens.base.names import in_one_line

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

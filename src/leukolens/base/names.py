"""Names of files and other texts from outside, as one line: what a table, a page or a terminal can show."""

import os
import unicodedata
from pathlib import Path

_ESCAPED = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that would end a line or cannot be encoded: controls, surrogates, line and paragraph ends."""

_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the order in which the rest of a line is shown: one name can look like another (Unicode Annex 9)."""


def in_one_line(text: str) -> str:
    """`text` as valid Unicode without a line end, control or direction mark: these stand as a backslash escape.

    A byte of a file name that is not UTF-8 (Linux allows it, Python holds it as a lone surrogate) becomes '\\xNN'.
    """
    if text.isprintable():  # nearly every name; a tenth of the time
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in _ESCAPED or c in _DIRECTION_MARKS else c for c in text)


def place_of(path: str, *, folder: Path | None = None) -> str:
    """Where a file stands, in one line: the same however its path is spelled. folder: where it starts; default here.

    path: as it was given, or as a row shows it.
    """
    return in_one_line(os.path.normpath((folder or Path.cwd()) / in_one_line(path)))


def file_of(path: str) -> str:
    """The file's name without its folders, whichever system wrote the path."""
    return path.replace("\\", "/").rpartition("/")[2]


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else character.encode("unicode_escape").decode()


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def not_a_formula(text: str) -> str:
    """`text` for a cell of a CSV: one that a spreadsheet would run as a formula begins with an apostrophe instead.

    The way that OWASP advises (CSV injection); `from_cell` takes it off again.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def from_cell(text: str) -> str:
    """What `not_a_formula` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text

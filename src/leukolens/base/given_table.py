"""A table that somebody made in a spreadsheet → its lines: whose cell a file shows, what a cell truly is.

CSV in UTF-8; the columns are parted by a comma, semicolon or tab, as the header shows. Formula guards that
`names.not_a_formula` wrote are taken off again.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from leukolens.base.errors import DatasetError
from leukolens.base.names import from_cell, place_of

Line = Mapping[str, str]
"""Column → value as it stands; '' where the line is short."""


def read_table(source: Path, *, columns: Sequence[str]) -> list[Line]:
    """The lines of a CSV with at least these columns. Raises DatasetError that names the file and the reason."""
    try:
        text = source.read_text(encoding="utf-8-sig")
    except OSError as error:
        hint = "Check that it is there and that you may read it"
        raise DatasetError(f"cannot be read ({error.strerror or error})", path=source, hint=hint) from error
    except UnicodeDecodeError as error:
        raise DatasetError("is not UTF-8 text", path=source, hint="Save it as 'CSV UTF-8'") from error
    header = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=header.count), restval="")
    try:
        if not set(columns) <= set(reader.fieldnames or ()):
            wanted = " and ".join(columns)
            raise DatasetError(f"lacks the columns {wanted}", path=source, hint="Name them in its first line")
        return [{name: from_cell(value) for name, value in row.items() if name} for row in reader]
    except csv.Error as error:  # a field of more than 131,072 characters: a quote that is never closed, say
        reason = f"cannot be read after line {reader.line_num} ({error})"
        raise DatasetError(reason, path=source, hint="Look for a quote that is never closed") from error


def by_file(lines: Sequence[Line], source: Path, *, column: str) -> Callable[[Path | str], str]:
    """What a table with the column path says of a file in another column; '' where it says nothing.

    A relative path in it starts at the table's own folder or, failing that, at the current one. Raises DatasetError
    where it says two things of one file.
    """
    beside = _by_place(lines, source, source.absolute().parent, column)
    here = _by_place(lines, source, Path.cwd(), column)

    def find(path: Path | str) -> str:
        place = place_of(str(path))
        return beside.get(place) or here.get(place, "")

    return find


def _by_place(lines: Sequence[Line], source: Path, folder: Path, column: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        path, value = line["path"], line[column].strip()
        if path and found.setdefault(place_of(path, folder=folder), value) != value:
            raise DatasetError(f"gives two {column}s for {path}", path=source, hint="Keep one of them")
    return found

"""A CSV that says something of files: a column 'path' and what it tells of each, its patient or its label."""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from leukolens.base.errors import DatasetError
from leukolens.base.names import from_cell, place_of


def is_table(source: str) -> bool:
    """Whether `--patient-from` names a table, and not a pattern."""
    return source.lower().endswith(".csv")


@dataclass(frozen=True, kw_only=True)
class PathTable:
    """The lines of a table. A relative path in it starts at its own folder or, failing that, at the current one."""

    source: Path
    columns: tuple[str, ...]
    """Beside 'path'."""
    lines: tuple[tuple[str, Mapping[str, str]], ...]
    """(path as written, column → text without blanks around it)."""

    def find(self, column: str) -> Callable[[Path], str]:
        """A function that gives what the column says of a file; '' where it says nothing.

        Raises DatasetError when two lines of one file differ.
        """
        beside = self._by_place(column, self.source.absolute().parent)
        here = self._by_place(column, Path.cwd())

        def told(path: Path) -> str:
            place = place_of(str(path))
            return beside.get(place) or here.get(place, "")

        return told

    def without_file(self, paths: Iterable[Path]) -> list[str]:
        """Paths of the table that are none of these files."""
        there = {place_of(str(path)) for path in paths}
        folders = (self.source.absolute().parent, Path.cwd())
        return [path for path, _ in self.lines if there.isdisjoint(place_of(path, folder=one) for one in folders)]

    def _by_place(self, column: str, folder: Path) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for path, texts in self.lines:
            if found.setdefault(place_of(path, folder=folder), texts[column]) != texts[column]:
                raise DatasetError(f"gives two {column}s for {path}", path=self.source, hint="Keep one of them")
        return found


def read_path_table(source: Path, *, needs: str) -> PathTable:
    """The columns are parted by a comma, semicolon or tab, as the header shows.

    needs: a column that must be there beside 'path'. Raises DatasetError for a file that is not such a table.
    """
    try:
        text = source.read_text(encoding="utf-8-sig")
    except OSError as error:
        hint = "Check its name and that you may read it"
        raise DatasetError(f"cannot be read ({error.strerror or error})", path=source, hint=hint) from error
    except UnicodeDecodeError as error:
        raise DatasetError("is not UTF-8 text", path=source, hint="Save it as 'CSV UTF-8'") from error
    header = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=header.count))
    try:
        columns = tuple(name for name in reader.fieldnames or () if name and name != "path")
        if not {"path", needs} <= set(reader.fieldnames or ()):
            raise DatasetError(f"lacks the columns path and {needs}", path=source, hint="Name them in its first line")
        lines = tuple(
            (from_cell(row["path"]), {name: from_cell((row[name] or "").strip()) for name in columns})
            for row in reader
            if row["path"]
        )
    except csv.Error as error:  # a field of more than 131,072 characters: a quote that is never closed, say
        reason = f"cannot be read after line {reader.line_num} ({error})"
        raise DatasetError(reason, path=source, hint="Look for a quote that is never closed") from error
    return PathTable(source=source, columns=columns, lines=lines)

"""Whose cell a file shows: C-NMC's names, the parent folder, a table, or a pattern of the path."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from leukolens.base.errors import DatasetError
from leukolens.base.names import from_cell, in_one_line, place_of
from leukolens.images.cnmc_names import parse_name

_SHOWN = 3
"""Files without a patient that an error names."""


def patients_of(paths: Sequence[Path], source: str | None) -> dict[Path, str]:
    """Each file's patient, in one line.

    source: None for C-NMC's names, '' where a name is none of these; 'parent' for the name of the folder; a .csv with
    the columns path and patient; or a regular expression (RE2's syntax) with one group, searched for in the path as it
    is shown in one line, with '/' everywhere.
    Raises DatasetError for a source that cannot be used, or that leaves a file without a patient: a patient's verdict
    from part of the cells would look whole.
    """
    if source is None:
        return {path: _by_name(path) for path in paths}
    find = _parent if source == "parent" else _table(Path(source)) if _is_table(source) else _pattern(source)
    found = {path: in_one_line(find(path)) for path in paths}
    without = [path for path, patient in found.items() if not patient.strip()]
    if without:
        named = ", ".join(in_one_line(str(path)) for path in without[:_SHOWN]) + (
            ", …" if len(without) > _SHOWN else ""
        )
        raise DatasetError(
            f"--patient-from {source} tells no patient for {len(without)} of {len(found)} files: {named}",
            hint="Add them to it, or leave them out",
        )
    return found


def _by_name(path: Path) -> str:
    known = parse_name(path.stem)
    return "" if known is None else known[0]


def _parent(path: Path) -> str:
    return path.absolute().parent.name


def _pattern(source: str) -> Callable[[Path], str]:
    """RE2 answers in time linear in the path, where `re` needs hours for '(a|aa)+$' and a name of 60 letters."""
    import re2

    options = re2.Options()
    options.log_errors = False  # it would print them itself
    try:
        pattern = re2.compile(in_one_line(source), options)
    except re2.error as error:
        (reason,) = error.args
        raise DatasetError(
            f"--patient-from {in_one_line(source)}: is not a regular expression ({reason.decode(errors='replace')})",
            hint="Lookaround and back-references are not supported (RE2's syntax)",
        ) from error
    if pattern.groups != 1:
        raise DatasetError(
            f"--patient-from {source}: has {pattern.groups} groups; one must hold the patient",
            hint="For example: --patient-from 'patient_([0-9]+)'",
        )

    def find(path: Path) -> str:
        match = pattern.search(in_one_line(path.as_posix()))
        return "" if match is None else match[1] or ""

    return find


def _is_table(source: str) -> bool:
    return source.lower().endswith(".csv")


def _table(source: Path) -> Callable[[Path], str]:
    """A relative path in it starts at its own folder or, failing that, at the current one."""
    rows = _read(source)
    beside = _by_place(rows, source, source.absolute().parent)
    here = _by_place(rows, source, Path.cwd())

    def find(path: Path) -> str:
        place = place_of(str(path))
        return beside.get(place) or here.get(place, "")

    return find


def _by_place(rows: Sequence[tuple[str, str]], source: Path, folder: Path) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for path, patient in rows:
        if found.setdefault(place_of(path, folder=folder), patient) != patient:
            raise DatasetError(f"gives two patients for {path}", path=source, hint="Keep one of them")
    return found


def _read(source: Path) -> list[tuple[str, str]]:
    """(path, patient) of each line; the columns are parted by a comma, semicolon or tab, as the header shows."""
    try:
        text = source.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"cannot be read ({error.strerror or error})", path=source) from error
    except UnicodeDecodeError as error:
        raise DatasetError("is not UTF-8 text", path=source, hint="Save it as 'CSV UTF-8'") from error
    header = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=header.count))
    try:
        if not {"path", "patient"} <= set(reader.fieldnames or ()):
            raise DatasetError("lacks the columns path and patient", path=source, hint="Name them in its first line")
        return [(from_cell(row["path"]), from_cell((row["patient"] or "").strip())) for row in reader if row["path"]]
    except csv.Error as error:  # a field of more than 131,072 characters: a quote that is never closed, say
        reason = f"cannot be read after line {reader.line_num} ({error})"
        raise DatasetError(reason, path=source, hint="Look for a quote that is never closed") from error

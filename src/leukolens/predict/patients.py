"""Whose cell a file shows: C-NMC's names, the parent folder, a table, or a pattern of the path."""

from collections.abc import Callable, Sequence
from pathlib import Path

from leukolens.base.errors import DatasetError
from leukolens.base.names import in_one_line
from leukolens.images.cnmc_names import parse_name
from leukolens.predict.path_table import is_table, read_path_table

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
    find = _parent if source == "parent" else _by_table(Path(source)) if is_table(source) else _pattern(source)
    found = {path: in_one_line(find(path)) for path in paths}
    without = [path for path, patient in found.items() if not patient.strip()]
    if without:
        named = ", ".join(in_one_line(str(path)) for path in without[:_SHOWN]) + (
            ", …" if len(without) > _SHOWN else ""
        )
        raise DatasetError(
            f"--patient-from {source} gives no patient for {len(without)} of {len(found)} files: {named}",
            hint="Add them to it, or leave them out",
        )
    return found


def _by_name(path: Path) -> str:
    known = parse_name(path.stem)
    return "" if known is None else known[0]


def _parent(path: Path) -> str:
    return path.absolute().parent.name


def _by_table(source: Path) -> Callable[[Path], str]:
    return read_path_table(source, needs="patient").find("patient")


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
            f"--patient-from {in_one_line(source)} is not a regular expression ({reason.decode(errors='replace')})",
            hint="Lookaround and back-references are not supported (RE2's syntax)",
        ) from error
    if pattern.groups != 1:
        raise DatasetError(
            f"--patient-from {source} has {pattern.groups} groups; exactly one is needed, for the patient",
            hint="For example: --patient-from 'patient_([0-9]+)'",
        )

    def find(path: Path) -> str:
        match = pattern.search(in_one_line(path.as_posix()))
        return "" if match is None else match[1] or ""

    return find

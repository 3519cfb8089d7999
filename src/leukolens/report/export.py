"""A case → the files that users read: CSV, JSON Lines, patients, the report. Each appears whole or not at all."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from leukolens.base import atomic
from leukolens.base.errors import CaseError
from leukolens.cases.run import refuse_foreign
from leukolens.cases.store import Case
from leukolens.report.patients import patients_csv, patients_json
from leukolens.report.stdout import STDOUT
from leukolens.report.summary import Tally
from leukolens.report.tables import csv_lines, jsonl_lines


def export(
    case: Case,
    *,
    csv: Path | None = None,
    jsonl: Path | None = None,
    report: Path | None = None,
    patients: Path | None = None,
    force: bool = False,
) -> None:
    """Write what is asked for; patients: a .csv or a .json. The path '-' is standard output (patients: as CSV).

    Raises OutputError for a file that stands there and that this case did not write, unless `force` replaces it.
    """
    if csv is not None:
        _write(case, csv, lambda: csv_lines(case.rows()), force=force)
    if jsonl is not None:
        _write(case, jsonl, lambda: jsonl_lines(case.rows()), force=force)
    if patients is not None:
        _write(case, patients, lambda: _patients(case, patients), force=force)
    if report is not None:
        from leukolens.report.html import page  # Jinja2 is loaded only for it

        _write(case, report, lambda: page(case), force=force)


def _patients(case: Case, path: Path) -> Iterable[str]:
    card = case.card()
    if card is None:
        raise CaseError("holds no verdict yet", path=case.where, hint="Judge images into it: leukolens predict --case")
    tally = Tally(card)
    for row in case.rows():
        tally.add(row)
    written = patients_json if path.suffix.lower() == ".json" else patients_csv
    return written(tally.patients(), model_id=card.model_id)


def _write(case: Case, path: Path, pieces: Callable[[], Iterable[str]], *, force: bool) -> None:
    if path == STDOUT:
        sys.stdout.writelines(pieces())
        sys.stdout.flush()
        return
    with atomic.place(path) as temporary:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces())
        if not force:
            refuse_foreign([path], case)
        case.note_export(temporary, name=path.name)

"""A case → the files that users read: CSV, JSON Lines, patients, the report. Each appears whole or not at all."""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from leukolens.base import atomic
from leukolens.base.errors import CaseError
from leukolens.cases.run import refuse_foreign
from leukolens.cases.store import Case
from leukolens.report.forms import Form
from leukolens.report.patients import patients_csv, patients_json
from leukolens.report.stain import marked_rows, tallied
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
    tally: Tally | None = None,
    force: bool = False,
) -> None:
    """Write what is asked for; patients: a .csv or a .json. The path '-' is standard output (patients: as CSV).

    tally: of the case's rows, where the caller has counted them already.

    Raises OutputError for a file that stands there and that this case did not write, unless `force` replaces it.
    """
    if tally is None and (csv, jsonl, patients) != (None, None, None):
        tally = tallied(case)
    if csv is not None:
        _write(case, csv, lambda: csv_lines(marked_rows(case, tally)), force=force)
    if jsonl is not None:
        _write(case, jsonl, lambda: jsonl_lines(marked_rows(case, tally)), force=force)
    if patients is not None:
        _write(case, patients, lambda: _patients(case, patients, tally), force=force)
    if report is not None:
        from leukolens.report.html import page  # Jinja2 is loaded only for it

        _write(case, report, lambda: page(case), force=force)


def export_readings(
    case: Case, forms: Sequence[Form], folder: Path, *, uploads: Path | None = None, force: bool = False
) -> list[str]:
    """Hand each patient's reading on in each form. Returns a line for each that could not be made, with why.

    uploads: where dropped pictures are kept. Raises OutputError for a file that this case did not write, CaseError
    when nothing at all could be made.
    """
    from leukolens.report.hand_on import handed
    from leukolens.report.reading import readings

    folder.mkdir(parents=True, exist_ok=True)
    missing: list[str] = []
    written = 0
    for reading in readings(case):
        for form in forms:
            try:
                files = handed(case, reading, form, uploads=uploads)
            except CaseError as error:
                missing.append(f"patient-{reading.id}: not handed on as {form}: {error.reason}")
                continue
            for one in files:
                _write_bytes(case, folder / one.name, one.data, force=force)
                written += 1
    if not written:
        reason = missing[0] if missing else "holds no patients yet"
        raise CaseError(reason, path=case.where, hint="Choose another form, or judge images into it first")
    return missing


def _patients(case: Case, path: Path, tally: Tally | None) -> Iterable[str]:
    model_id = case.used_card().model_id
    assert tally is not None  # a case with a card has one
    written = patients_json if path.suffix.lower() == ".json" else patients_csv
    return written(tally.patients(), model_id=model_id)


def _write(case: Case, path: Path, pieces: Callable[[], Iterable[str]], *, force: bool) -> None:
    if path == STDOUT:
        sys.stdout.writelines(pieces())
        sys.stdout.flush()
        return
    with _placed(case, path, force=force) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces())


def _write_bytes(case: Case, path: Path, data: bytes, *, force: bool) -> None:
    with _placed(case, path, force=force) as temporary:
        temporary.write_bytes(data)


@contextlib.contextmanager
def _placed(case: Case, path: Path, *, force: bool) -> Iterator[Path]:
    """Where to write a file that then appears whole, and stands in the log."""
    with atomic.place(path) as temporary:
        yield temporary
        if not force:
            refuse_foreign([path], case)
        case.note_export(temporary, name=path.name)

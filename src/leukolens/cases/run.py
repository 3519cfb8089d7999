"""The case of one run of `leukolens predict`: made new, or gone on with; held by this run alone."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from leukolens.base.errors import OutputError
from leukolens.cases import database
from leukolens.cases.store import Case


def case_beside(table: Path) -> str:
    """Where the case of a run without --case stands: day.csv.case beside day.csv."""
    return f"{table}.case"


def judged_by(where: str) -> str | None:
    """Id of the model that has judged so far; None where there is no case yet, or nothing in it."""
    if not Case.exists(where):
        return None
    with Case.open(where) as case:
        return case.model_id()


@contextlib.contextmanager
def open_run(where: str | None, outputs: list[Path], *, resume: bool) -> Iterator[Case]:
    """where: a file or a PostgreSQL URL; None for a case that goes with the run. outputs: what will be exported.

    Raises CaseError when it exists (without resume), is held by another run, or is not a case; OutputError when one of
    `outputs` exists and was not exported from this case.
    """
    if where is None:
        _refuse_existing(outputs, "Write another file")
        with tempfile.TemporaryDirectory(prefix="leukolens-") as folder, _unkept(folder, outputs) as case:
            yield case
    elif resume and Case.exists(where):
        with Case.open(where) as case, case.alone():
            refuse_foreign(outputs, case)
            yield case
    else:
        hint = f"Write another file: {database.shown(where)}, which it would continue, does not exist"
        _refuse_existing(outputs, hint if resume else "Continue it with --resume, or write another")
        with Case.create(where) as case, case.alone():
            yield case


def refuse_foreign(outputs: list[Path], case: Case) -> None:
    """Raise OutputError for a file that stands there otherwise than an export of this case left it."""
    foreign = [path for path in outputs if path.exists() and not case.exported(path)]
    _refuse_existing(foreign, "It was not exported from this case, or has changed since: move it, or write another")


def _refuse_existing(outputs: list[Path], hint: str) -> None:
    for path in outputs:
        if path.exists():
            raise OutputError("exists already", path=path, hint=hint)


def _unkept(folder: str, outputs: list[Path]) -> Case:
    """A case that goes with the run; its report carries the report's own name."""
    return Case.create(Path(folder, "run.case"), name=outputs[0].stem if outputs else "")

"""`leukolens predict`: a verdict for each image, for one cell or for a day's folders."""

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leukolens.base.errors import DatasetError, OutputError
from leukolens.cli.exit_codes import FAILED, SOME_UNREADABLE

if TYPE_CHECKING:
    from leukolens.cases.row import Row
    from leukolens.predict.classifier import Classifier
    from leukolens.predict.prediction import Prediction
    from leukolens.report.html import Page
    from leukolens.report.tables import Tables


@click.command()
@click.argument("images", nargs=-1, required=True)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="A model.onnx that LeukoLens wrote; default the model that comes with it.",
)
@click.option("--int8", is_flag=True, help="The int8 form of the model that comes with it: faster, nearly the same.")
@click.option("--csv", type=click.Path(path_type=Path), help="Write a row for each file as CSV, as they are judged.")
@click.option("--jsonl", type=click.Path(path_type=Path), help="The same rows as JSON Lines.")
@click.option("--report", type=click.Path(path_type=Path), help="One HTML page: patients, cells, evidence maps.")
@click.option("--resume", is_flag=True, help="Go on with the tables of a run that was cut.")
@click.option(
    "--patient-from",
    help="Whose cell: 'parent' (its folder's name), a .csv with path and patient, or a regular expression with one "
    "group. Default: C-NMC's file names.",
)
@click.option("--threads", type=click.IntRange(min=0), default=0, help="Cores; 0: all.")
def predict(
    images: tuple[str, ...],
    model: Path | None,
    int8: bool,
    csv: Path | None,
    jsonl: Path | None,
    report: Path | None,
    resume: bool,
    patient_from: str | None,
    threads: int,
) -> None:
    """Judge cells: leukemic blast (ALL) or normal (HEM), with a probability and the model's id.

    IMAGES: files, folders (with all below them) or quoted globs.

    A second opinion for research: a trained reader confirms each cell. Exit code 0: all judged; 3: some files could not
    be judged, each named with its reason; 1: nothing could be done.
    """
    from leukolens.model.network_file import SHIPPED, SHIPPED_INT8
    from leukolens.predict.classifier import Classifier
    from leukolens.predict.patients import patients_of
    from leukolens.report.html import Page
    from leukolens.report.summary import Tally, plain
    from leukolens.report.tables import open_tables

    _check_outputs(csv, jsonl, report, resume=resume)
    if int8 and model is not None:
        raise click.BadParameter(
            "is a form of the model that comes with it; leave one out", param_hint="--int8, --model"
        )
    patients = patients_of(gather(images), patient_from)
    classifier = Classifier(model or (SHIPPED_INT8 if int8 else SHIPPED), threads=threads)
    tally = Tally(classifier.card)
    with ExitStack() as stack:
        page = None if report is None else stack.enter_context(Page(report, replace=resume))
        tables = stack.enter_context(open_tables(csv, jsonl, model_id=classifier.card.model_id, resume=resume))
        judged = _judge_all(classifier, patients, tables, page, tally.add, show=csv is None and jsonl is None)
        if page is not None:
            page.write(classifier.card, tally)
    if summaries := tally.patients():
        print(plain(summaries), tally.rule(), sep="\n", file=sys.stderr)
    if stain := tally.stain():
        print(stain, file=sys.stderr)
    print(tally.line(), file=sys.stderr)
    if judged < len(patients):
        sys.exit(SOME_UNREADABLE if judged else FAILED)


def _check_outputs(*outputs: Path | None, resume: bool) -> None:
    given = [path.absolute() for path in outputs if path is not None]
    if len(set(given)) < len(given):
        raise click.BadParameter("must be different files", param_hint="--csv, --jsonl, --report")
    if resume and outputs[:2] == (None, None):
        raise click.BadParameter("needs the table to go on with: --csv or --jsonl", param_hint="--resume")


def _judge_all(
    classifier: "Classifier",
    patients: Mapping[Path, str],
    tables: "Tables",
    page: "Page | None",
    count: "Callable[[Row], None]",
    *,
    show: bool,
) -> int:
    """Every file gets its row: the one that an earlier run left, or a new one. How many of them are judged.

    show: print verdicts on stdout.
    """
    from leukolens.base.progress import track
    from leukolens.cases.row import row_of

    kept, others = _go_on(tables, patients, threads=classifier.threads)
    elsewhere = {_identity(row): row.path for row in others}
    judged = 0

    def counted(row: "Row", prediction: "Prediction | None") -> None:
        nonlocal judged
        judged += row.judged
        _say(row, show=show)
        count(row)
        if page is not None:
            page.add(row, prediction)

    # a kept row is not judged again, but the page wants its picture
    looked_at = [path for path in patients if page is not None or path not in kept]
    with track("judging", len(looked_at), unit="images") as advance:
        for path, prediction in zip(looked_at, classifier(looked_at, explain=page is not None), strict=True):
            row = kept.pop(path, None)
            if row is None:
                row = row_of(prediction, patient=patients[path])
                if row.sha256 and _identity(row) in elsewhere:
                    raise _another_spelling(row, elsewhere[_identity(row)])
                tables.append(row)
            counted(row, prediction if prediction.sha256 == row.sha256 else None)
            advance(1)
    for row in kept.values():
        counted(row, None)
    for row in others:
        count(row)
        if page is not None:
            page.add(row, None)
    return judged


def _go_on(tables: "Tables", patients: Mapping[Path, str], *, threads: int) -> "tuple[dict[Path, Row], list[Row]]":
    """What an earlier run left and is still true: the rows of files that are asked for, and those of others.

    The tables then hold these and no others.
    """
    from leukolens.base.names import place_of
    from leukolens.report.tables import still_true

    for notice in tables.notices:
        print(notice, file=sys.stderr)
    kept = still_true(tables.rows, patients, threads=threads)
    tables.keep(kept)
    if kept:
        print(f"{len(kept)} rows of an earlier run are kept", file=sys.stderr)
    of_place = {place_of(row.path): row for row in kept}
    asked = {path: of_place.pop(place_of(str(path)), None) for path in patients}
    return {path: row for path, row in asked.items() if row is not None}, list(of_place.values())


def _identity(row: "Row") -> tuple[str, str, str]:
    return row.sha256, Path(row.path).name, row.patient


def _another_spelling(row: "Row", before: str) -> OutputError:
    """A relative path of the earlier run starts elsewhere now; the cell would count twice for its patient."""
    hint = "Start it in the folder where it was started before, or write another table"
    return OutputError(f"{row.path} stands in the table already, as {before}", hint=hint)


def _say(row: "Row", *, show: bool) -> None:
    """Reasons on stderr, verdicts on stdout."""
    if not row.judged:
        print(f"{row.path}: {row.reason}", file=sys.stderr)
    elif show:
        print(f"{row.path}  {row.verdict}  {row.p_all:.4f}  {row.model_id}")


def gather(arguments: Sequence[str]) -> list[Path]:
    """Files, folders and globs → files, each once however it is spelled, in the order given and sorted within a folder
    or glob.

    Raises DatasetError for a folder without images or that cannot be listed, a glob without a match, and two names that
    a table would show alike. A file that is named but absent stays in the list: it becomes a row with its reason.
    """
    from leukolens.images.decode import SUFFIXES

    found: dict[str, Path] = {}
    for argument in arguments:
        path = Path(argument)
        if os.path.isdir(path):  # not Path's: it raises for a place that may not be looked into
            inside = sorted(_below(path))
            images = [file for file in inside if file.suffix.lower() in SUFFIXES]
            if not images:
                raise DatasetError("holds no images", path=path, hint=f"Looked for {', '.join(sorted(SUFFIXES))}")
            if len(images) < len(inside):
                print(f"{path}: {len(inside) - len(images)} files are no images by name; left out", file=sys.stderr)
        elif glob.has_magic(argument) and not os.path.exists(path):
            matched = glob.glob(argument, recursive=True)
            images = sorted(match for match in map(Path, matched) if not os.path.isdir(match))
            if not images:
                raise DatasetError("matches no file", path=argument)
        else:
            images = [path]
        for image in images:
            found.setdefault(os.path.abspath(image), image)
    _refuse_written_alike(found.values())
    return list(found.values())


def _refuse_written_alike(paths: Iterable[Path]) -> None:
    """A row could not tell such files apart: one name holds a line end, say, and the other a backslash and an n."""
    from leukolens.base.names import place_of

    seen: dict[str, Path] = {}
    for path in paths:
        if seen.setdefault(place_of(str(path)), path) != path:
            raise DatasetError("two files have names that a table shows alike", path=path, hint="Rename one of them")


def _below(folder: Path) -> Iterator[Path]:
    """Everything below that is no folder. One that vanishes meanwhile holds nothing; one that is closed is an error."""

    def closed(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise DatasetError(f"cannot be listed ({error.strerror})", path=error.filename) from error

    for place, _, names in os.walk(folder, onerror=closed):
        yield from (Path(place, name) for name in names)

"""`leukolens predict`: a verdict for each image, for one cell or for a day's folders."""

import contextlib
import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leukolens.base.logs import say
from leukolens.cli import options
from leukolens.cli.exit_codes import FAILED, SOME_UNREADABLE
from leukolens.report.stdout import STDOUT

if TYPE_CHECKING:
    from leukolens.cases.row import Row
    from leukolens.cases.store import Case
    from leukolens.predict.classifier import Classifier
    from leukolens.predict.items import Item
    from leukolens.report.summary import Tally


@click.command()
@click.argument("images", nargs=-1, required=True)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="A model.onnx that LeukoLens wrote. Default: the model that comes with LeukoLens.",
)
@options.form("auto", "float", "int8", "half")
@click.option("--case", help="Keep everything in this case file (day.case); tables and a report can be made from it.")
@click.option(
    "--csv",
    type=click.Path(path_type=Path),
    help="A row for each file, or for each cell of a field, as CSV; '-': standard output.",
)
@click.option("--jsonl", type=click.Path(path_type=Path), help="The same rows as JSON Lines.")
@click.option("--report", type=click.Path(path_type=Path), help="One HTML page: patients, cells, evidence maps.")
@click.option("--patients", type=click.Path(path_type=Path), help="A line for each patient, as .csv or .json.")
@click.option("--resume", is_flag=True, help="Continue a run that was interrupted.")
@click.option(
    "--patient-from",
    help="Where each image's patient is named: 'parent' (the folder's name), a .csv with path and patient, or a "
    "regular expression with one group. Default: C-NMC's file names.",
)
@options.um_per_px(" of whole fields")
@options.force
@click.option("--threads", type=click.IntRange(min=0), default=0, help="Number of cores; 0: all.")
@click.option(
    "--engine",
    type=click.Choice(("ray",)),
    help="Judge an archive with Ray workers, on this machine or on those of RAY_ADDRESS (extra 'scale'): IMAGES are "
    "then folders or URLs (s3://bucket/day).",
)
@click.option(
    "--out", help="With --engine: folder or URL for Parquet files, e.g. parquet://answers or parquet://s3://…."
)
@options.quiet
def predict(
    images: tuple[str, ...],
    model: Path | None,
    form: str | None,
    case: str | None,
    csv: Path | None,
    jsonl: Path | None,
    report: Path | None,
    patients: Path | None,
    resume: bool,
    patient_from: str | None,
    um_per_px: float | None,
    force: bool,
    threads: int,
    engine: str | None,
    out: str | None,
) -> None:
    """Judge cells: leukemic blast (ALL) or normal (HEM), with a probability and the model's id.

    IMAGES: files, folders (with all below them) or quoted globs. Each shows one cell cut out on black, or a whole field
    of a smear, whose white cells are then found and cut out (extra 'fields'); LeukoLens sees which it is.

    A second opinion for research: a trained reader confirms each cell. Exit code 0: every file has a
    judged cell; 3: some have none, and each of these is named with its reason; 1: nothing could be done.
    """
    from leukolens.predict.items import gather
    from leukolens.report.summary import Tally, plain

    _check_outputs(case, csv, jsonl, report, patients, resume=resume and out is None)
    if force and (resume or case):
        raise click.BadParameter("replaces tables, never a case", param_hint="--force with --resume or --case")
    chosen = options.shipped_or(model, form)
    if engine is not None or out is not None:
        if engine is None or out is None or force or any((case, csv, jsonl, report, patients)):
            raise click.BadParameter("go together, without any of the other outputs", param_hint="--engine, --out")
        _archive(images, out, chosen, patient_from=patient_from, um_per_px=um_per_px, workers=threads, resume=resume)
        return
    if url := next((one for one in images if "://" in one), None):
        raise click.BadParameter(f"{url} is a URL, which only --engine ray can read", param_hint="IMAGES")
    from leukolens.predict.classifier import Classifier

    items = gather(images, patient_from=patient_from)
    kept = _kept_in(case, csv, jsonl, force=force)
    classifier = Classifier(chosen or _form_for(_judged_by(kept) if resume else None), threads=threads)
    asked = Tally(classifier.card)
    with _opened(kept, csv, jsonl, report, patients, resume=resume, force=force) as opened:
        pictures = case is not None or report is not None
        rows = _judged(opened, items, classifier, pictures=pictures, um_per_px=um_per_px)
        _say_all(rows, asked, total=len(items), show=not (case or csv or jsonl) and STDOUT not in (report, patients))
        whole = asked
        if opened is not None:
            from leukolens.report.export import export
            from leukolens.report.stain import tallied

            whole = tallied(opened) or asked
            export(opened, csv=csv, jsonl=jsonl, report=report, patients=patients, tally=whole, force=force)
    if summaries := whole.patients():
        say(f"{plain(summaries)}\n{whole.rule()}")
    if missing := classifier.missing:
        print(missing, file=sys.stderr)
    if stain := whole.stain():
        print(stain, file=sys.stderr)
    say(whole.line())
    if asked.files_judged < len(items):
        sys.exit(SOME_UNREADABLE if asked.judged else FAILED)


def _archive(
    urls: tuple[str, ...],
    out: str,
    model: Path | None,
    *,
    patient_from: str | None,
    um_per_px: float | None,
    workers: int,
    resume: bool,
) -> None:
    """Parquet files of an archive; the summary in one line."""
    from leukolens.base.extras import require

    require("ray", "pyarrow", "fsspec", extra="scale")
    from leukolens.archive.run import begun_with, judge_archive

    where = out.removeprefix("parquet://")
    model = model or _form_for(begun_with(where) if resume else None)
    found = judge_archive(
        urls,
        where,
        model=model,
        patient_from=patient_from,
        um_per_px=um_per_px,
        workers=workers,
        resume=resume,
    )
    said = ", ".join(f"{count} {verdict or 'unreadable'}" for verdict, count in sorted(found.verdicts.items()))
    say(f"{found.files} files: {said}. Images not judged: {found.unreadable}. Answers: {where}")
    if found.unreadable:
        sys.exit(SOME_UNREADABLE if found.unreadable < found.files else FAILED)


def _check_outputs(case: str | None, *tables: Path | None, resume: bool) -> None:
    given = [path.absolute() for path in (*tables, None if case is None else Path(case)) if path is not None]
    if len(set(given)) < len(given):
        raise click.BadParameter("must be different files", param_hint="--case, --csv, --jsonl, --report, --patients")
    if resume and (case, *tables[:2]) == (None, None, None):
        raise click.BadParameter("needs something to continue: --case, --csv or --jsonl", param_hint="--resume")


def _kept_in(case: str | None, csv: Path | None, jsonl: Path | None, *, force: bool) -> str | None:
    """Where the case of this run stands when the run has ended; None where it goes with the run."""
    table = next((one for one in (csv, jsonl) if one is not None and one != STDOUT), None)
    if case is not None or table is None or force:
        return case
    from leukolens.cases.run import case_beside

    return case_beside(table)


def _judged_by(kept: str | None) -> str | None:
    from leukolens.cases.run import judged_by

    return None if kept is None else judged_by(kept)


def _form_for(model_id: str | None) -> Path:
    """Of the model that comes with LeukoLens; which one and why is said."""
    from leukolens.model.form import FORMS, form_for, suited

    found = form_for(model_id)
    form = next(name for name, path in FORMS.items() if path == found)
    why = suited().because if found == FORMS[suited().form] else "it judged before"
    say(f"{form} form of the model: {why}")
    return found


@contextlib.contextmanager
def _opened(kept: str | None, *outputs: Path | None, resume: bool, force: bool) -> "Iterator[Case | None]":
    """The case of this run; None where nothing is written, and then no database is loaded."""
    if kept is None and not any(outputs):
        yield None
        return
    from leukolens.cases.run import open_run

    files = [path for path in outputs if path is not None and path != STDOUT]
    with open_run(kept, [] if force else files, resume=resume) as opened:
        yield opened


def _judged(
    case: "Case | None",
    items: "Sequence[Item]",
    classifier: "Classifier",
    *,
    pictures: bool,
    um_per_px: float | None,
) -> "Iterator[Row]":
    """Each item's rows; of an earlier run's answers those that are still true stay."""
    from leukolens.cases.fill import before, fill, judge

    if case is None:
        return judge(items, classifier, um_per_px=um_per_px)
    left = before(case, items, threads=classifier.threads, pictures=pictures, um_per_px=um_per_px)
    if left.files:
        say(f"{left.files} files of an earlier run are kept")
    return fill(case, items, classifier, left=left, pictures=pictures, um_per_px=um_per_px)


def _say_all(rows: "Iterator[Row]", asked: "Tally", *, total: int, show: bool) -> None:
    """Reasons and what was found in each field on stderr; verdicts on stdout where they are written nowhere else."""
    from leukolens.base.progress import track
    from leukolens.report.found import Found

    with track("judging", total, unit="images") as advance:
        for path, of_file in itertools.groupby(rows, key=lambda row: row.path):
            found = Found()
            for row in of_file:
                asked.add(row)
                found.add(row)
                if row.judged and show:
                    cell = "" if row.cell is None else f"  cell {row.cell}"
                    print(f"{row.path}{cell}  {row.verdict}  {row.p_all:.4f}  {row.model_id}")
                elif not row.judged and row.cell is None:
                    print(f"{row.path}: {row.reason}", file=sys.stderr)
            if found.cells:
                print(f"{path}: is a field; {found}", file=sys.stderr)
            advance(1)

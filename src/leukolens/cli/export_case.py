"""`leukolens export-case`: tables and report of a case, without its images."""

import sys
from pathlib import Path

import click

from leukolens.cli import options
from leukolens.report.forms import FORMS, Form

_PATH = click.Path(path_type=Path)


@click.command("export-case")
@click.argument("case")
@click.option("--csv", type=_PATH, help="A row for each file, or for each cell of a field, as CSV.")
@click.option("--jsonl", type=_PATH, help="The same rows as JSON Lines.")
@click.option("--report", type=_PATH, help="One HTML page: patients, cells, evidence maps.")
@click.option("--patients", type=_PATH, help="A line for each patient, as .csv or .json.")
@click.option(
    "--to",
    "forms",
    multiple=True,
    type=click.Choice(FORMS),
    help="Each patient's reading with its corrections and signatures, as files in --out; may be repeated.",
)
@click.option("--out", type=_PATH, help="Folder for --to.")
@click.option(
    "--uploads",
    type=_PATH,
    help="Where `leukolens review` kept the pictures dropped into it.  [default: beside the case]",
)
@options.force
def export_case(
    case: str,
    csv: Path | None,
    jsonl: Path | None,
    report: Path | None,
    patients: Path | None,
    forms: tuple[Form, ...],
    out: Path | None,
    uploads: Path | None,
    force: bool,
) -> None:
    """Write the tables and the report of a case that `leukolens predict --case` made.

    CASE: the file, or a postgresql:// address. An existing file is replaced only if this case wrote it, or with
    --force; '-' is standard output. With --to, each patient's reading is handed on in files that are named by number;
    patients' names stay inside them.
    """
    from leukolens.cases.shelf import uploads_beside
    from leukolens.cases.store import Case
    from leukolens.report.export import export, export_readings

    if csv is jsonl is report is patients is None and not forms:
        raise click.UsageError("say what to write: --csv, --jsonl, --report, --patients or --to")
    if bool(forms) != (out is not None):
        raise click.UsageError("--to and --out go together")
    with Case.open(case) as opened:
        export(opened, csv=csv, jsonl=jsonl, report=report, patients=patients, force=force)
        if out is not None:
            said = export_readings(opened, forms, out, uploads=uploads or uploads_beside(case), force=force)
            for line in said:
                print(line, file=sys.stderr)

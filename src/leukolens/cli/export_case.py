"""`leukolens export-case`: tables and report of a case, without its images."""

from pathlib import Path

import click

from leukolens.cli import options

_PATH = click.Path(path_type=Path)


@click.command("export-case")
@click.argument("case")
@click.option("--csv", type=_PATH, help="A row for each file as CSV.")
@click.option("--jsonl", type=_PATH, help="The same rows as JSON Lines.")
@click.option("--report", type=_PATH, help="One HTML page: patients, cells, evidence maps.")
@click.option("--patients", type=_PATH, help="A line for each patient: .csv, or .json.")
@options.force
def export_case(
    case: str, csv: Path | None, jsonl: Path | None, report: Path | None, patients: Path | None, force: bool
) -> None:
    """Write tables and report of a case that `leukolens predict --case` made.

    CASE: the file, or a postgresql:// address. A file that stands there is replaced only when this case wrote it,
    or with --force; '-' is standard output.
    """
    from leukolens.cases.store import Case
    from leukolens.report.export import export

    if csv is jsonl is report is patients is None:
        raise click.UsageError("say what to write: --csv, --jsonl, --report or --patients")
    with Case.open(case) as opened:
        export(opened, csv=csv, jsonl=jsonl, report=report, patients=patients, force=force)

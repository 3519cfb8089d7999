"""`leukolens compare`: is one run better than another, on the same test cells?"""

import sys
from pathlib import Path

import click

from leukolens.cli import options
from leukolens.report.stdout import STDOUT


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option(
    "--json", "table", type=click.Path(path_type=Path), help="Write the comparison as JSON; '-' for standard output."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Random seed for drawing the subjects.")
@options.force
@options.quiet
def compare(first: Path, second: Path, table: Path | None, seed: int, force: bool) -> None:
    """Compare two runs, metric by metric: the difference with its 95 % interval, paired over subjects.

    FIRST, SECOND: folders of `leukolens train` that `leukolens evaluate` has measured, or of a benchmark's experiments
    (OUT/runs/…), tested on the same cells.
    """
    from leukolens.base import schema
    from leukolens.cli.outputs import free, write
    from leukolens.research.evaluate.compare import compare as compared
    from leukolens.research.evaluate.noise_table import plain

    if table is not None:
        free(table, force=force)
    found = compared(first, second, seed=seed)
    if table is not None:
        write(table, schema.write(found) + "\n")
    if table != STDOUT:
        rows = [
            (
                one.name.replace("_", " "),
                f"{one.first:.3f}",
                f"{one.second:.3f}",
                f"{one.difference.value:+.3f} [{one.difference.low:+.3f} … {one.difference.high:+.3f}]",
                "*" if one.is_clear else "",
            )
            for one in found.metrics
        ]
        print(plain(("metric", found.first, found.second, "second − first [95 %]", "clear"), rows))
    subjects = " and ".join(f"{count} {label.upper()}" for label, count in found.subjects.items())
    print(f"{found.cells} cells of {subjects} subjects", file=sys.stderr)
    if found.caution:
        print(found.caution, file=sys.stderr)

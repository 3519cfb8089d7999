"""`leukolens check`: does a case hold what was written?"""

import sys

import click

from leukolens.cli.exit_codes import FAILED


@click.command()
@click.argument("case")
def check(case: str) -> None:
    """Check a case: every row against its digest, all rows against the log, the log against its chain, each signature
    against the log that it stands on, and in the same way every version that amends it.

    CASE: the file, or a postgresql:// address. Exit code 1 if anything was edited, removed or slipped in; each
    finding is named with its table, row and file.
    """
    from leukolens.cases.check import check_all
    from leukolens.cases.store import Case

    with Case.open(case) as opened:
        checked = check_all(opened)
    for finding in checked.findings:
        print(finding)
    print(f"{checked.rows} rows, {checked.entries} log entries, {len(checked.findings)} findings", file=sys.stderr)
    if checked.findings:
        sys.exit(FAILED)

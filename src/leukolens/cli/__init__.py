"""The command line. Each command lives in a module of its own and imports what it needs when it runs."""

import sys

import typer

from leukolens.cli import train
from leukolens.errors import LeukoLensError

app = typer.Typer(
    name="leukolens",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command()(train.train)


@app.callback()
def about() -> None:
    """Leukemic blast (ALL) or normal cell (HEM)?"""


def main() -> None:
    """Entry point: errors meant for the user are printed without a traceback."""
    try:
        app()
    except LeukoLensError as error:
        print(f"leukolens: {error}", file=sys.stderr)
        sys.exit(1)

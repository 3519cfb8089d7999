"""The command line. Each command lives in a module of its own and imports what it needs when it runs."""

import io
import sys
from collections.abc import Sequence

import click

from leukolens import __version__
from leukolens.base import logs
from leukolens.base.errors import LeukoLensError
from leukolens.cli.adapt import adapt
from leukolens.cli.benchmark import benchmark
from leukolens.cli.check import check
from leukolens.cli.compare import compare
from leukolens.cli.data import data
from leukolens.cli.evaluate import evaluate
from leukolens.cli.exit_codes import FAILED, INTERRUPTED
from leukolens.cli.export import export
from leukolens.cli.export_case import export_case
from leukolens.cli.find import find
from leukolens.cli.model import model
from leukolens.cli.phantoms import phantoms
from leukolens.cli.predict import predict
from leukolens.cli.release import release
from leukolens.cli.reproduce import reproduce
from leukolens.cli.review import readers, review
from leukolens.cli.share import package, pull, push
from leukolens.cli.train import train

LIST_OPTIONS = frozenset({"--sigma", "--folds", "--seeds"})
"""Options that take several numbers after one flag."""


class Commands(click.Group):
    """In the order in which they are added, where click would sort them by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=Commands, context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="leukolens", message="%(prog)s %(version)s")
def app() -> None:
    """Leukemic blast (ALL) or normal cell (HEM)? A second opinion for research; a trained reader confirms each cell.

    \b
    Judge new cells:
      leukolens predict IMAGES --case day.case --report day.html
    Correct and sign them:
      leukolens review day.case
    Teach it your own cells:
      leukolens adapt day.case --out ours.onnx
    Look at a data set:
      leukolens data DIR
    Train as in the paper:
      leukolens train DIR --protocol paper --fold 1 --out runs/paper-f1
    Measure it, clean and with noise:
      leukolens evaluate runs/paper-f1 --sigma 0 2 5 6 8 10
    Measure on held-out patients:
      leukolens benchmark DIR --out held-out
    No cells at hand? Draw some:
      leukolens phantoms DEST
    """


for command in (
    data,
    train,
    evaluate,
    compare,
    predict,
    find,
    review,
    readers,
    export_case,
    adapt,
    check,
    reproduce,
    benchmark,
    release,
    export,
    push,
    pull,
    package,
    model,
    phantoms,
):
    command.short_help = str(command.help).partition("\n\n")[0]  # whole; click would cut it to one line
    app.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: an error meant for the user is one message without a traceback, and exit code 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that cannot show a name still shows the line
    logs.show()
    try:
        sys.exit(app(expand_lists(sys.argv[1:] if arguments is None else arguments), standalone_mode=False) or 0)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except click.Abort:
        sys.exit(INTERRUPTED)
    except LeukoLensError as error:
        print(f"leukolens: {error}", file=sys.stderr)
        sys.exit(FAILED)


def expand_lists(arguments: Sequence[str]) -> list[str]:
    """'--sigma 0 2 5' → '--sigma 0 --sigma 2 --sigma 5', which is how click takes a list."""
    expanded: list[str] = []
    flag: str | None = None
    for place, argument in enumerate(arguments):
        if argument in LIST_OPTIONS:
            flag = argument
            if not any(map(_is_number, arguments[place + 1 : place + 2])):
                expanded.append(argument)  # click tells that it lacks a value, or that the value is no number
        elif flag is None or not _is_number(argument):
            flag = None
            expanded.append(argument)
        else:
            expanded += [flag, argument]
    return expanded


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

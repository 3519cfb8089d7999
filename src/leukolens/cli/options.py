"""Options that `leukolens benchmark` and `leukolens reproduce` share, worded once."""

from pathlib import Path

import click
from click.core import ParameterSource

_PATH = click.Path(path_type=Path)

data = click.argument("data", type=_PATH, required=False)
out = click.option(
    "--out", type=_PATH, required=True, help="Folder for runs and report; what is in it is never repeated."
)
dry_run = click.option("--dry-run", is_flag=True, help="Only list what would be done.")
quick = click.option("--quick", is_flag=True, help="On generated cells, in minutes.")


def refuse_beside_quick(*allowed: str) -> None:
    """Raises click.BadParameter when the command line gives --quick and anything else than `allowed`."""
    context = click.get_current_context()
    for option in context.command.params:
        named = context.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE
        if named and option.name not in ("quick", "out", *allowed):
            raise click.BadParameter("does not go with --quick", ctx=context, param=option)


def given(data: Path | None) -> Path:
    """DATA where there is no --quick. Raises click.BadParameter without it."""
    if data is None:
        raise click.BadParameter("give a folder of cells, or --quick", param_hint="DATA")
    return data

"""`leukolens reproduce`: the paper's tables and figures again."""

from pathlib import Path
from typing import Annotated

import typer


def reproduce(
    out: Annotated[Path, typer.Option(help="Folder for runs and report; what is in it is never repeated.")],
    data: Annotated[Path | None, typer.Argument(help="A copy of C-NMC 2019; not needed with --quick.")] = None,
    fold: Annotated[list[str] | None, typer.Option("--folds", help="Which folds; default all there are.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Names of systems, with commas; default all.")] = None,
    init: Annotated[str, typer.Option(help="Start of MobileNet_M: 'imagenet', 'random' or a file.")] = "imagenet",
    seed: Annotated[int, typer.Option()] = 0,
    limit: Annotated[float, typer.Option(help="Minutes; longer networks are left out where no GPU is.")] = 240.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be done, and how long.")] = False,
    drawn: Annotated[bool, typer.Option("--drawn", help="Figures 3, 4 and 7 show generated cells.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="On generated cells, in minutes.")] = False,
) -> None:
    """Train and measure the paper's network and all it is compared with; write every table and figure.

    A run that is done is never repeated and one that was cut goes on. Writes report.html, report.md, tables/, figures/.
    """
    from leukolens.reproduction import reproduce as again
    from leukolens.reproduction.plan import Options
    from leukolens.training.settings import TrainSettings

    names = tuple(name for part in only or () for name in part.split(","))
    if quick:
        report = again.quick(out, only=names)
    elif data is None:
        raise typer.BadParameter("give a folder of cells, or --quick", param_hint="DATA")
    else:
        options = Options(out=out, init=init, only=names, limit=limit)
        report = again.reproduce(
            data, options, recipe=TrainSettings(seed=seed), folds=fold or (), dry_run=dry_run, drawn=drawn
        )
    if report is not None:
        print(f"report: {report}")

"""`leukolens benchmark`: what holds for patients never seen."""

from pathlib import Path
from typing import Annotated

import typer


def benchmark(
    out: Annotated[Path, typer.Option(help="Folder for runs and report; what is in it is never repeated.")],
    data: Annotated[Path | None, typer.Argument(help="A copy of C-NMC 2019; not needed with --quick.")] = None,
    recipe: Annotated[list[str] | None, typer.Option("--recipes", help="Names of recipes; default all.")] = None,
    init: Annotated[str, typer.Option(help="Start of the network: 'imagenet', 'random' or a file.")] = "imagenet",
    seed: Annotated[list[int] | None, typer.Option("--seeds", help="One or several; default 0.")] = None,
    parts: Annotated[
        int, typer.Option(min=0, help="Deal all subjects to that many tests, instead of testing each fold.")
    ] = 0,
    at_most: Annotated[int | None, typer.Option(min=0, help="Trials done now; default all.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be done.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="On generated cells, in minutes.")] = False,
) -> None:
    """Train on some patients, test on others: each fold in turn, each recipe, with intervals over subjects.

    Also what a split by image flatters, what size or colour alone would reach, and how the answer holds under other
    stains, focus and light. Writes report.html, report.md, tables/, figures/.
    """
    from leukolens.benchmark import benchmark as unseen
    from leukolens.training import recipes

    chosen = {name: recipes.recipe(name, seed=0) for name in recipe or recipes.RECIPES}
    if quick:
        report = unseen.quick(out, recipes=chosen)
    elif data is None:
        raise typer.BadParameter("give a folder of cells, or --quick", param_hint="DATA")
    else:
        report = unseen.benchmark(
            data, out, recipes=chosen, seeds=seed or (0,), init=init, parts=parts, at_most=at_most, dry_run=dry_run
        )
    if report is not None:
        print(f"report: {report}")

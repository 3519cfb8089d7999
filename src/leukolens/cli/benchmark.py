"""`leukolens benchmark`: what holds for patients never seen."""

from pathlib import Path

import click

from leukolens.cli import options


@click.command()
@options.data
@options.out
@options.patient_from
@click.option(
    "--recipes",
    "names",
    multiple=True,
    help="Name of a recipe, or a .toml file; may be repeated. Default: paper and leukolens.",
)
@options.network
@options.overrides
@click.option("--init", default="imagenet", help="Initial weights: 'imagenet', 'random' or a file.")
@click.option("--seeds", multiple=True, type=click.IntRange(min=0), help="One seed or several. Default: 0.")
@click.option(
    "--parts",
    type=click.IntRange(min=0),
    default=0,
    help="Divide all subjects among this many tests, instead of testing each fold.",
)
@click.option(
    "--twins/--no-twins", default=True, help="Run each test again, split by image, to show how much that flatters."
)
@click.option("--at-most", type=click.IntRange(min=0), help="How many experiments to run now. Default: all.")
@options.engine
@options.dry_run
@options.quick
@options.quiet
def benchmark(
    data: Path | None,
    out: Path,
    patient_from: str | None,
    names: tuple[str, ...],
    network: str | None,
    overrides: tuple[str, ...],
    init: str,
    seeds: tuple[int, ...],
    parts: int,
    twins: bool,
    at_most: int | None,
    engine: str | None,
    dry_run: bool,
    quick: bool,
) -> None:
    """Train on some patients, test on others: each fold in turn, each recipe, with intervals over subjects.

    DATA: a copy of C-NMC 2019 or cells of your own; not needed with --quick. Without folds, give --parts.

    It also shows how much a split by image flatters, what size or colour alone would achieve, and how the answers
    change under other stains, focus and light. Writes report.html, report.md, tables/, figures/.
    """
    from leukolens.research import recipes
    from leukolens.research.experiments import benchmark as unseen

    chosen = {
        recipes.title(name, network=network): recipes.recipe(name, network=network, overrides=overrides)
        for name in names or recipes.USUAL
    }
    if quick:
        options.refuse_beside_quick("names")
        report = unseen.quick(out, recipes=chosen)
    else:
        report = unseen.benchmark(
            options.given(data),
            out,
            patient_from=patient_from,
            recipes=chosen,
            seeds=seeds or (0,),
            init=init,
            parts=parts,
            twins=twins,
            at_most=at_most,
            engine=engine,
            dry_run=dry_run,
        )
    if report is not None:
        print(f"report: {report}")

"""`leukolens release`: the model that ships."""

import shlex
from pathlib import Path

import click

from leukolens.cli import options


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--benchmark",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of `leukolens benchmark` that holds the recipe's experiments.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for the run; an interrupted run continues."
)
@options.patient_from
@click.option("--recipe", default="leukolens", help="Name of the recipe, or its .toml file.")
@options.network
@options.overrides
@click.option("--init", default="imagenet", help="Initial weights: 'imagenet', 'random' or a file.")
@click.option("--seed", type=click.IntRange(min=0), default=0)
@click.option("--parts", type=click.IntRange(min=0), default=0, help="The same as for the benchmark.")
@options.quiet
def release(
    data: Path,
    benchmark: Path,
    out: Path,
    patient_from: str | None,
    recipe: str,
    network: str | None,
    overrides: tuple[str, ...],
    init: str,
    seed: int,
    parts: int,
) -> None:
    """Train one recipe on every subject, calibrate it by its benchmark, and write model.onnx and MODEL_CARD.md.

    DATA: the cells that the benchmark was made on; all of them are trained on, except C-NMC's preliminary set.

    Temperature, threshold, band of 'uncertain' and share rule come from the experiments' answers to held-out
    subjects, and are stored in the model file.
    """
    from leukolens.research import recipes
    from leukolens.research.experiments import release as ship

    asked = ["--recipes", recipe, *(["--network", network] if network else [])]
    asked += [part for one in overrides for part in ("--set", one)]
    ship.release(
        data,
        benchmark,
        out,
        patient_from=patient_from,
        recipe=recipes.title(recipe, network=network),
        settings=recipes.recipe(recipe, seed=seed, network=network, overrides=overrides),
        init=init,
        parts=parts,
        asked=shlex.join(asked),
    )

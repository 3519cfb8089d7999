"""`leukolens release`: the model that ships."""

from pathlib import Path

import click


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--benchmark",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of `leukolens benchmark` that holds the recipe's experiments.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for the run; an interrupted one continues."
)
@click.option("--recipe", default="leukolens", help="Name of the recipe.")
@click.option("--init", default="imagenet", help="Start of the network: 'imagenet', 'random' or a file.")
@click.option("--seed", type=click.IntRange(min=0), default=0)
@click.option("--parts", type=click.IntRange(min=0), default=0, help="The same as for the benchmark.")
def release(data: Path, benchmark: Path, out: Path, recipe: str, init: str, seed: int, parts: int) -> None:
    """Train one recipe on every subject, calibrate it by its benchmark, and write model.onnx and MODEL_CARD.md.

    DATA: the cells that the benchmark was made on; all of them train but C-NMC's preliminary set.

    Temperature, threshold, band of 'uncertain' and share rule come from the experiments' answers to held-out
    subjects, and travel inside the model file.
    """
    from leukolens.research import recipes
    from leukolens.research.experiments import release as ship

    settings = recipes.recipe(recipe, seed=seed)
    ship.release(data, benchmark, out, recipe=recipe, settings=settings, init=init, parts=parts)

"""`leukolens release`: the model that ships."""

from pathlib import Path
from typing import Annotated

import typer


def release(
    data: Annotated[Path, typer.Argument(help="The cells that the benchmark was made on; all of them train.")],
    benchmark: Annotated[Path, typer.Option(help="Folder of `leukolens benchmark` that holds the recipe's trials.")],
    out: Annotated[Path, typer.Option(help="Folder for the run; one that was cut goes on.")],
    recipe: Annotated[str, typer.Option(help="Name of the recipe.")] = "leukolens",
    init: Annotated[str, typer.Option(help="Start of the network: 'imagenet', 'random' or a file.")] = "imagenet",
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train one recipe on every subject, calibrate it by its benchmark, and write model.onnx and MODEL_CARD.md.

    Temperature, threshold, band of 'uncertain' and patient rule come from the trials' answers to subjects that they had
    not seen, and travel inside the model file.
    """
    from leukolens.release import release as ship
    from leukolens.training import recipes

    ship.release(data, benchmark, out, recipe=recipe, settings=recipes.recipe(recipe, seed=seed), init=init)

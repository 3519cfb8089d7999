"""Named recipes for the same network: the paper's, and ours for patients never seen."""

import difflib
from dataclasses import replace

from leukolens.base.errors import RunError
from leukolens.research.settings import Augmentation, TrainSettings

RECIPES: dict[str, TrainSettings] = {
    "paper": TrainSettings(),
    "leukolens": TrainSettings(
        augmentation=Augmentation(grey=0.1),
        schedule="cosine",
        epochs=4,
        refit=0.1,
    ),
}
"""'leukolens' is the paper's, except that both classes lose their saturation now and then, that nothing is chosen by
validation, and that the last layer is fitted anew. Why, and what else was tried: dev/log."""


def recipe(name: str, *, seed: int) -> TrainSettings:
    """Raises RunError that suggests the nearest name."""
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, 1, cutoff=0)[0]
        raise RunError(f"there is no recipe {name!r}", hint=f"Did you mean {near}? There are: {', '.join(RECIPES)}")
    return replace(RECIPES[name], seed=seed)

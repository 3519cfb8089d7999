"""Named recipes for the same network: the paper's, and ours for patients never seen."""

import difflib
from dataclasses import replace

from leukolens.errors import RunError
from leukolens.training.settings import Augmentation, TrainSettings

RECIPES: dict[str, TrainSettings] = {
    "paper": TrainSettings(),
    "leukolens": TrainSettings(
        input_range="-1..1",
        balance=False,
        sampling="subjects",
        draws=2500,
        noise=(0.0, 3.0, 9.0),
        augmentation=Augmentation(
            rotation=180.0,
            flip=0.5,
            vertical_flip=0.5,
            brightness=(0.9, 1.1),
            brightness_stretch=False,
            shift=0.05,
            zoom=(1.0, 1.0),
            scale=(0.75, 1.33),
            shear=0.0,
            grey=0.1,
            focus=0.8,
        ),
        mixup=0.2,
        averaging=0.995,
        schedule="cosine",
        epochs=6,
        learning_rate=3e-4,
        l1=0.0,
        refit=0.1,
    ),
}
"""Why 'leukolens' is what it is: docs/experiments.md, trial by trial."""


def recipe(name: str, *, seed: int) -> TrainSettings:
    """Raises RunError that suggests the nearest name."""
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, 1, cutoff=0)[0]
        raise RunError(f"there is no recipe {name!r}", cure=f"Did you mean {near}? There are: {', '.join(RECIPES)}")
    return replace(RECIPES[name], seed=seed)

"""training.settings: what is told of a recipe is what differs from the defaults."""

from dataclasses import replace

from leukolens.model.preprocess import Preprocess
from leukolens.research.settings import Augmentation, TrainSettings, told


def test_the_defaults_have_nothing_to_tell() -> None:
    assert told(TrainSettings()) == {}
    assert told(TrainSettings(seed=0, augmentation=Augmentation(rotation=45.0))) == {}


def test_only_what_differs_is_told_part_by_part() -> None:
    settings = TrainSettings(seed=3, preprocess=Preprocess(size=64), augmentation=Augmentation(stain=0.1))
    assert told(settings) == {"seed": 3, "preprocess": {"size": 64}, "augmentation": {"stain": 0.1}}
    assert told(replace(settings, augmentation=None))["augmentation"] is None

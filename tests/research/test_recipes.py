"""research.recipes: the paper's recipe and ours, by name."""

from dataclasses import replace

import pytest

from leukolens.base.errors import RunError
from leukolens.research.recipes import RECIPES, recipe
from leukolens.research.settings import TrainSettings, describe


def test_the_papers_recipe_is_the_defaults() -> None:
    assert recipe("paper", seed=0) == TrainSettings()


def test_ours_differs_from_the_papers_in_four_settings() -> None:
    found = {"schedule": "cosine", "epochs": 4, "refit": 0.1, "augmentation": {"grey": 0.1}}
    assert describe(RECIPES["leukolens"]) == found


def test_a_recipe_takes_the_seed() -> None:
    assert recipe("leukolens", seed=5) == replace(RECIPES["leukolens"], seed=5)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(RunError, match=r"no recipe 'papers'\. Did you mean paper\?"):
        recipe("papers", seed=0)

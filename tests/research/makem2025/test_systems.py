"""Every system that is compared, and how it differs from the recipe."""

from leukolens.research import published as paper
from leukolens.research.makem2025.systems import systems
from leukolens.research.settings import TrainSettings


def test_mcn_is_the_recipe_without_balance_augmentation_and_noise() -> None:
    mcn = systems(TrainSettings())["mcn"].settings
    assert mcn is not None
    assert (mcn.balance, mcn.augmentation, mcn.noise) == (False, None, ())
    assert set(paper.TABLE_9["0"]) == {"mcn", "mobilenet_m"}

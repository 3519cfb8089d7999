"""Every system that is compared, and how it differs from the recipe."""

from leukolens.research import published as paper
from leukolens.research.makem2025.systems import systems
from leukolens.research.older.pipelines import PIPELINES
from leukolens.research.settings import TrainSettings


def test_mcn_is_the_recipe_without_balance_augmentation_and_noise() -> None:
    mcn = systems(TrainSettings())["mcn"].settings
    assert mcn is not None
    assert (mcn.balance, mcn.augmentation, mcn.noise) == (False, None, ())
    assert set(paper.TABLE_9["0"]) == {"mcn", "mobilenet_m"}


def test_names_are_keys_and_every_member_is_a_system() -> None:
    found = systems(TrainSettings())
    assert all(name == one.name and one.source for name, one in found.items())
    ensembles = [one for one in found.values() if one.kind == "ensemble"]
    assert len(ensembles) == 4
    assert all(set(one.members) <= set(found) and len(one.members) >= 2 for one in ensembles)
    assert not any(found[member].kind == "ensemble" for one in ensembles for member in one.members)


def test_a_network_has_its_recipe_and_its_work_and_the_others_have_none() -> None:
    recipe = TrainSettings(seed=3, epochs=7)
    for one in systems(recipe).values():
        assert (one.settings is not None) == (one.kind == "network") == (one.giga_macs > 0)
        if one.settings is not None:
            assert (one.settings.seed, one.settings.epochs) == (3, 7)


def test_each_network_is_trained_by_its_own_name_and_rate() -> None:
    found = systems(TrainSettings())
    names = {one.name: one.settings.network for one in found.values() if one.settings is not None}
    assert names.pop("mcn") == "mobilenet_m"
    assert all(name == network for name, network in names.items())
    rates = {name: found[name].settings.learning_rate for name in ("mobilenet_m", "vgg16")}  # type: ignore[union-attr]
    assert rates == {"mobilenet_m": 1e-3, "vgg16": 1e-4}


def test_every_pipeline_of_the_older_methods_is_compared() -> None:
    found = systems(TrainSettings())
    assert set(PIPELINES) == {name for name, one in found.items() if one.kind == "classical"}
    assert found["putzu_2014"].source == PIPELINES["putzu_2014"].reference

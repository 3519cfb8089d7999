"""Every system that is compared, and how it differs from the recipe."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from leukolens.research import published as paper
from leukolens.research.makem2025.systems import SHORT_EPOCHS, systems
from leukolens.research.networks.registry import build
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
    assert len(ensembles) == 7
    assert all(set(one.members) <= set(found) and len(one.members) >= 2 and one.fusion for one in ensembles)
    assert not any(found[member].kind == "ensemble" for one in ensembles for member in one.members)
    assert [found[member].kind for member in found["yolo_like"].members] == ["network"]


def test_a_network_has_its_recipe_and_its_work_and_the_others_have_none() -> None:
    recipe = TrainSettings(seed=3, epochs=7)
    for one in systems(recipe).values():
        assert (one.settings is not None) == (one.kind == "network") == (one.giga_macs > 0)
        if one.settings is not None:
            assert one.settings.seed == 3
            epochs = {"mobilenet_m": 7, "mcn": 7, "alnett": 7, "mobilenet_m_steps": 3 * SHORT_EPOCHS}
            assert one.settings.epochs == epochs.get(one.name, SHORT_EPOCHS)


def test_the_networks_compared_share_one_schedule() -> None:
    found = systems(TrainSettings())
    assert {name for name, one in found.items() if one.settings and one.settings.schedule == "plateau"} == {
        "mobilenet_m",
        "mcn",
        "alnett",
    }
    assert [name for name, one in found.items() if one.settings and one.settings.mixup] == ["mma_mtl"]
    beside, short = found["mobilenet_m_beside"].settings, found["mobilenet_m_short"].settings
    assert beside is not None
    assert replace(beside, noise_mixing="share") == short


@pytest.mark.parametrize("name", ["alexnet", "vgg16", "googlenet", "resnet50", "resnet18", "mobilenet_v2"])
def test_the_work_of_a_network_is_what_it_multiplies(name: str) -> None:
    one = systems(TrainSettings())[name]
    assert one.settings is not None
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        build(one.settings).eval()(torch.zeros(1, 3, 224, 224))
    assert one.giga_macs == pytest.approx(counter.get_total_flops() / 2e9, rel=0.04)


def test_each_network_is_trained_by_its_own_name_and_rate() -> None:
    found = systems(TrainSettings())
    names = {one.name: one.settings.network for one in found.values() if one.settings is not None}
    for variant in ("mcn", "mobilenet_m_short", "mobilenet_m_steps", "mobilenet_m_beside"):
        assert names.pop(variant) == "mobilenet_m"
    assert names.pop("resnet50") == "resnet50_v1"
    assert all(name == network for name, network in names.items())
    rates = {name: found[name].settings.learning_rate for name in ("mobilenet_m", "vgg16")}  # type: ignore[union-attr]
    assert rates == {"mobilenet_m": 1e-3, "vgg16": 1e-4}


def test_every_pipeline_of_the_older_methods_is_compared() -> None:
    found = systems(TrainSettings())
    assert set(PIPELINES) == {name for name, one in found.items() if one.kind == "classical"}
    assert found["putzu_2014"].source == PIPELINES["putzu_2014"].reference

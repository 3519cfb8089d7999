"""Supervised contrast before the training: its loss, what it makes of the features, and that a cut run keeps them."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from runmaker import SETTINGS, plan

from leukolens.model.network_file import NetworkFile
from leukolens.research.augment.batches import Batches, balanced
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.networks.registry import build
from leukolens.research.train import run
from leukolens.research.train.contrast import contrast, contrastive_loss
from leukolens.research.train.launch import start_fabric
from leukolens.research.train.run import train


@pytest.mark.parametrize(
    ("places", "labels", "expected"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1], math.log(1 + 2 * math.exp(-10))),  # a cosine of 1 over a warmth of .1
        ([0, 0, 0, 0], [0, 0, 1, 1], math.log(3)),
        ([0, 1, 1], [0, 1, 1], 2 / 3 * math.log(1 + math.exp(-10))),  # who has no partner costs nothing
        ([0, 1, 0, 1], [0, 0, 1, 1], 10 + math.log(1 + 2 * math.exp(-10))),
    ],
)
def test_the_loss_is_lowest_where_each_class_has_a_place_of_its_own(
    places: list[int], labels: list[int], expected: float
) -> None:
    found = contrastive_loss(torch.eye(2, dtype=torch.float64)[places], torch.tensor(labels))
    assert float(found) == pytest.approx(expected, rel=1e-4)


def batches() -> Batches:
    """64 noisy cells of 64 px; those of one class are striped across."""
    random = np.random.default_rng(0)
    pixels = random.integers(60, 160, (64, 64, 64, 3), dtype=np.uint8)
    pixels[1::2, ::8] = 200
    plain = replace(SETTINGS, balance=False, augmentation=None, noise=(0.0,))
    sample = balanced(np.arange(64), np.arange(64) % 2, balance=False)
    return Batches(pixels=torch.from_numpy(pixels), sample=sample, settings=plain, device=torch.device("cpu"))


def contrasted(epochs: int) -> CellNetwork:
    network = build(SETTINGS)
    contrast(network, batches(), epochs=epochs, fabric=start_fabric())
    return network.train()


@torch.no_grad()
def apart(network: CellNetwork) -> float:
    """Mean cosine of the features within a class, less that between classes."""
    (rgb, labels), *_ = replace(batches(), settings=replace(batches().settings, batch=64)).epoch(1)
    features = F.normalize(network.pooled(rgb) - network.pooled(rgb).mean(0), dim=1)
    alike, same = features @ features.T, labels[:, None] == labels
    return float(alike[same].mean() - alike[~same].mean())


def test_cells_of_a_class_come_near_to_each_other() -> None:
    before, after, again = contrasted(0), contrasted(8), contrasted(8)
    assert apart(after) > apart(before) + 0.5
    assert all(torch.equal(one, other) for one, other in zip(after.parameters(), again.parameters(), strict=True))
    head = before.dense.weight
    assert torch.equal(after.dense.weight, head), "the last layer has no part in it"


def cut(*_: object) -> None:
    raise InterruptedError


def test_it_comes_first_and_not_again_where_a_checkpoint_has_it(
    cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, called = replace(SETTINGS, contrast=1, epochs=1), []

    def counted(network: CellNetwork, *given: object, **more: object) -> None:
        called.append(more["epochs"])
        contrast(network, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "contrast", counted)
    with monkeypatch.context() as patch:
        patch.setattr(run, "_finish", cut)
        with pytest.raises(InterruptedError):
            train(plan(cells, tmp_path / "cut", settings=settings))
    path = train(plan(cells, tmp_path / "cut", settings=settings, resume=True))
    assert called == [1]
    assert NetworkFile(path).card.settings["contrast"] == 1
    whole, other = (
        train(plan(cells, tmp_path / name, settings=replace(settings, contrast=epochs)))
        for name, epochs in (("whole", 1), ("other", 0))
    )
    weights, same, different = (one.with_name("model.safetensors").read_bytes() for one in (path, whole, other))
    assert weights == same != different

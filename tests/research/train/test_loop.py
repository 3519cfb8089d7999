"""The loop on a network of two numbers: it learns, goes on where it was cut, and stops when it runs away."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric
from listening import listening
from torch import Tensor, nn

from leukolens.base.errors import Diverged
from leukolens.research.augment.batches import Batches, balanced
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.settings import TrainSettings
from leukolens.research.train.checkpoint import FILE
from leukolens.research.train.history import Epoch, read_history
from leukolens.research.train.loop import Validation, fit

COUNT = 24
LABELS = np.arange(COUNT) % 2
SETTINGS = TrainSettings(epochs=3, batch=6, learning_rate=0.1, l1=0.001, balance=False, noise=(), augmentation=None)
CPU = torch.device("cpu")


class Red(CellNetwork):
    """Looks at the mean of the red channel alone."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(1, 2)
        nn.init.zeros_(self.dense.weight)
        nn.init.zeros_(self.dense.bias)

    def pooled(self, rgb: Tensor) -> Tensor:
        return rgb[:, :1].mean(dim=(2, 3)) / 128 - 1

    def forward(self, rgb: Tensor) -> Tensor:
        logits: Tensor = self.dense(self.pooled(rgb))
        return logits


def train(
    out: Path, settings: TrainSettings = SETTINGS, *, validate: bool = True
) -> tuple[dict[str, Tensor], list[Epoch], Red]:
    """ALL cells are red, HEM cells are not."""
    pixels = np.zeros((COUNT, 8, 8, 3), np.uint8)
    pixels[LABELS == 1, ..., 0] = 200
    pixels[LABELS == 0, ..., 0] = 40
    store = torch.from_numpy(pixels)
    batches = Batches(
        pixels=store, sample=balanced(np.arange(COUNT), LABELS, balance=False), settings=settings, device=CPU
    )
    rows = np.arange(8 if validate else 0)
    validation = Validation(rows=torch.from_numpy(rows), labels=torch.from_numpy(LABELS[rows]))
    network = Red()
    out.mkdir(exist_ok=True)
    best, history = fit(network, batches, validation, settings, fabric=Fabric(accelerator="cpu"), out=out)
    return dict(best), history, network


def test_it_learns_and_tells_what_it_saw(tmp_path: Path) -> None:
    best, history, network = train(tmp_path / "run")
    assert [epoch.number for epoch in history] == [1, 2, 3]
    assert history[-1].train_loss < history[0].train_loss < math.log(2) + 0.05
    assert (history[-1].val_accuracy, history[-1].train_accuracy) == (1.0, 1.0)
    weight = best["dense.weight"]
    assert weight[1, 0] > 0 > weight[0, 0]
    assert read_history(tmp_path / "run/history.csv") == history
    assert torch.equal(network.state_dict()["dense.weight"], weight)  # the last epoch was the best


def test_the_losses_hold_the_penalty(tmp_path: Path) -> None:
    _, plain, _ = train(tmp_path / "plain", replace(SETTINGS, l1=0.0, epochs=1))
    _, heavy, network = train(tmp_path / "heavy", replace(SETTINGS, l1=10.0, epochs=1))
    weights = float(network.dense.weight.detach().abs().sum())
    assert weights > 0
    assert heavy[0].val_loss > 10 * weights
    assert plain[0].val_loss < 1


def test_a_run_that_was_cut_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole, history, _ = train(tmp_path / "whole")

    def cut(line: str) -> None:
        if line.startswith("epoch   1/3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), listening(cut):
        train(tmp_path / "cut")
    assert (tmp_path / "cut" / FILE).exists()
    said: list[str] = []
    with listening(said.append):
        again, other, _ = train(tmp_path / "cut")
    assert said[0] == "continuing after epoch 1"
    assert [replace(epoch, seconds=0) for epoch in other] == [replace(epoch, seconds=0) for epoch in history]
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_without_a_validation_part_the_last_epoch_is_kept(tmp_path: Path) -> None:
    best, history, network = train(tmp_path / "run", replace(SETTINGS, schedule="cosine"), validate=False)
    assert all(math.isnan(epoch.val_loss) and math.isnan(epoch.val_accuracy) for epoch in history)
    assert [epoch.learning_rate for epoch in history] == pytest.approx([0.1, 0.075, 0.025])
    assert torch.equal(best["dense.weight"], network.state_dict()["dense.weight"])


def test_a_loss_that_is_no_number_stops_it_by_name(tmp_path: Path) -> None:
    with pytest.raises(Diverged, match=r"run: training diverged: the loss of epoch 1 is (nan|inf)\. Lower --set"):
        train(tmp_path / "run", replace(SETTINGS, l1=math.inf))
    assert not (tmp_path / "run" / FILE).exists()


def test_an_epoch_s_line_tells_how_far_it_is(tmp_path: Path) -> None:
    said: list[str] = []
    with listening(said.append):
        train(tmp_path / "run", replace(SETTINGS, epochs=1))
    (line,) = said
    assert line.startswith("epoch   1/1  loss 0.")
    assert line.endswith("at most 0 min left *")

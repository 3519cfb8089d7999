"""Pictures of a run show the epochs and the cells that they are of."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from leukolens.base import atomic
from leukolens.research.augment.batches import Batches, balanced
from leukolens.research.settings import TrainSettings
from leukolens.research.train.curves import PER_ROW, contact_sheet, curves
from leukolens.research.train.history import Epoch

EPOCH = Epoch(
    number=1, learning_rate=1e-3, train_loss=2.0, train_accuracy=0.5, val_loss=1.5, val_accuracy=0.6, seconds=1.0
)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Every figure that is to be written."""
    drawn: list[Figure] = []
    monkeypatch.setattr(atomic, "write_png", lambda _, figure: drawn.append(figure))
    return drawn


def test_curves_are_the_history_s(figures: list[Figure]) -> None:
    curves([EPOCH, replace(EPOCH, number=2, train_loss=1.0, val_accuracy=0.8)], Path("x.png"))
    accuracy, loss = figures[0].axes
    assert (accuracy.get_ylabel(), loss.get_ylabel()) == ("accuracy", "loss")
    assert [line.get_label() for line in loss.lines] == ["train", "val"]
    assert [line.get_ydata().tolist() for line in loss.lines] == [[2.0, 1.0], [1.5, 1.5]]
    assert [line.get_ydata().tolist() for line in accuracy.lines] == [[0.5, 0.5], [0.6, 0.8]]
    assert list(loss.lines[0].get_xdata()) == [1, 2]
    assert len({line.get_linestyle() for line in loss.lines}) == 2


def test_the_contact_sheet_is_the_first_batch_with_its_labels(figures: list[Figure]) -> None:
    count = PER_ROW + 2
    values = 20 * np.arange(count)[:, None, None, None]
    batches = Batches(
        pixels=torch.from_numpy((values * np.ones((1, 8, 8, 3))).astype(np.uint8)),
        sample=balanced(np.arange(count), np.arange(count) % 2, balance=False),
        settings=TrainSettings(batch=count, noise=(0.0,), augmentation=None),
        device=torch.device("cpu"),
    )
    contact_sheet(batches, Path("x.png"))
    axes = figures[0].axes
    shown = {int(one.images[0].get_array()[0, 0, 0]): one.get_title() for one in axes}
    assert shown == {20 * cell: ("HEM", "ALL")[cell % 2] for cell in range(count)}
    assert {one.get_subplotspec().get_geometry()[:2] for one in axes} == {(2, PER_ROW)}

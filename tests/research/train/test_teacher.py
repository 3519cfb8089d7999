"""A model that teaches: what becomes of the labels, and that a run says who taught it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from runmaker import SETTINGS, plan

from leukolens.base.errors import RunError
from leukolens.model.network_file import NetworkFile, as_input
from leukolens.model.preprocess import Preprocess
from leukolens.research.augment.batches import Batches, balanced
from leukolens.research.train.run import train
from leukolens.research.train.teacher import softened, taught

LN3 = float(np.log(3))


def batches(**settings: object) -> Batches:
    """Eight flat cells of 64 px, shown as they are."""
    values = np.arange(20, 180, 20, dtype=np.uint8)
    pixels = np.broadcast_to(values[:, None, None, None], (8, 64, 64, 3)).copy()
    plain = replace(SETTINGS, balance=False, augmentation=None, noise=(0.0,), **settings)
    sample = balanced(np.arange(8), np.arange(8) % 2, balance=False)
    return Batches(pixels=torch.from_numpy(pixels), sample=sample, settings=plain, device=torch.device("cpu"))


def test_seven_tenths_of_a_label_are_the_teachers() -> None:
    logit = torch.tensor([2 * LN3, -2 * LN3])  # .75 and .25 at warmth 2
    found = softened(torch.tensor([1, 1]), logit)
    torch.testing.assert_close(found, torch.tensor([[0.175, 0.825], [0.525, 0.475]]))


def test_labels_that_mixup_has_shared_out_are_taught_likewise() -> None:
    found = softened(torch.tensor([[0.4, 0.6]]), torch.tensor([2 * LN3]))
    torch.testing.assert_close(found, torch.tensor([[0.295, 0.705]]))


def test_the_teacher_sees_the_very_images_of_the_batch(model: Path) -> None:
    plain = batches()
    teacher = NetworkFile(model)
    for (rgb, labels), (seen, shares) in zip(plain.epoch(1), taught(plain, teacher).epoch(1), strict=True):
        assert torch.equal(rgb, seen)
        pixels = rgb.permute(0, 2, 3, 1).numpy().astype(np.uint8)
        expected = softened(labels, torch.from_numpy(teacher.scores(as_input(pixels)).logit))
        torch.testing.assert_close(shares, expected)


def test_a_teacher_that_sees_cells_otherwise_is_refused(model: Path) -> None:
    with pytest.raises(RunError, match=r"model\.onnx: sees cells of 300 px at 64, and this training 300 px at 96"):
        taught(batches(preprocess=Preprocess(size=96)), NetworkFile(model))


def test_a_narrow_network_is_taught_and_says_by_whom(cells: Path, model: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, network="mobilenet_m_half", epochs=1)
    path = train(plan(cells, tmp_path / "half", settings=settings, teacher=model))
    found, teacher = NetworkFile(path), NetworkFile(model)
    assert found.card.teacher == teacher.card.model_id
    scores = found.scores(np.zeros((1, 3, 64, 64), np.float32))
    assert scores.features is not None
    assert scores.features.shape == (1, 512)
    with pytest.raises(RunError, match="belongs to a run with different teacher"):
        train(plan(cells, tmp_path / "half", settings=settings, resume=True))

"""MMA-MTL: both branches tell the class by themselves, and learn it with the whole."""

import pytest
import torch
import torch.nn.functional as F

from leukolens.research.networks.mma_mtl import MMAMTL, LocalAttention, PointwiseAttention

IMAGES = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 255


def test_global_attention_scales_channels_and_local_attention_places() -> None:
    x = torch.rand(2, 8, 6, 6) + 0.1
    by_channel = PointwiseAttention(8)(x) / x
    torch.testing.assert_close(by_channel, by_channel[:, :, :1, :1].expand_as(x))
    by_place = LocalAttention()(x) / x
    torch.testing.assert_close(by_place, by_place[:, :1].expand_as(x))


def test_the_loss_is_the_mean_of_three_tasks_and_reaches_each() -> None:
    torch.manual_seed(0)
    network = MMAMTL(dropout=0.0).train()
    logits = network(IMAGES)
    targets = torch.tensor([0, 1, 1, 0])
    loss = network.loss(logits, targets)
    told = [F.cross_entropy(one, targets) for one in (logits, *network._told)]
    assert loss.item() == pytest.approx(sum(one.item() for one in told) / 3)
    loss.backward()
    heads = (network.dense, *network.tasks)
    assert all(head.weight.grad is not None and head.weight.grad.abs().sum() > 0 for head in heads)


def test_shares_of_both_classes_are_learnt_as_classes_are() -> None:
    network = MMAMTL(dropout=0.0).eval()
    logits = network(IMAGES)
    classes = torch.tensor([0, 1, 1, 0])
    shares = F.one_hot(classes, 2).float()
    assert network.loss(logits, shares).item() == pytest.approx(network.loss(logits, classes).item())

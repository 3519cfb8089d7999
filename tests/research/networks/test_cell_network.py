"""What every network is to the training loop: penalty, log-odds, and a body under its own scaling."""

import pytest
import torch
from torch import nn

from leukolens.base.errors import WeightsError
from leukolens.research.networks.cell_network import CellNetwork, Transferred
from leukolens.research.networks.registry import build
from leukolens.research.settings import TrainSettings


def test_the_exported_log_odds_are_the_difference_of_the_logits() -> None:
    network = build(TrainSettings(network="alnett")).eval()
    rgb = torch.rand(3, 3, 64, 64) * 255
    module, names = network.exported()
    logits = network(rgb)
    assert names == ("logit", "features")
    torch.testing.assert_close(module(rgb)[0], logits[:, 1] - logits[:, 0])


def body() -> nn.Module:
    """Mean of each channel."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


def transferred() -> Transferred:
    return Transferred(body(), features=3, mean=(10.0, 20.0, 30.0), std=(2.0, 4.0, 5.0), dropout=0.5)


def test_a_body_sees_its_own_scaling_and_dropout_only_while_learning() -> None:
    rgb = torch.tensor([14.0, 20.0, 20.0])[None, :, None, None].expand(1, 3, 6, 6)
    network = transferred().eval()
    torch.testing.assert_close(network.pooled(rgb), torch.tensor([[2.0, 0.0, -2.0]]))
    torch.testing.assert_close(network(rgb), network.dense(network.pooled(rgb)))
    assert not {"mean", "std"} & set(network.state_dict())  # a run's weights hold what was learnt


def test_read_by_sets_the_log_odds() -> None:
    network = transferred().eval()
    network.read_by(torch.tensor([1.0, -2.0, 0.5]), 0.25)
    rgb = torch.rand(4, 3, 6, 6, generator=torch.Generator().manual_seed(0)) * 255
    module, names = network.exported()
    assert names == ("logit", "features")
    logit, features = module(rgb)
    torch.testing.assert_close(features, network.pooled(rgb))
    torch.testing.assert_close(logit, network.pooled(rgb) @ torch.tensor([1.0, -2.0, 0.5]) + 0.25)
    assert network.penalty().item() == pytest.approx(3.5)  # half of each weight for either class


def test_what_a_network_lacks_is_said() -> None:
    with pytest.raises(WeightsError, match=r"no ImageNet weights for Transferred\. Give --init random"):
        transferred().load_imagenet()
    with pytest.raises(NotImplementedError):
        CellNetwork().pooled(torch.zeros(1, 3, 4, 4))

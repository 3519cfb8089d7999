"""A narrower MobileNet: which channels it keeps, and that those it leaves out were the ones that said nothing."""

import pytest
import torch

from leukolens.research.networks.mobilenet import MobileNetM
from leukolens.research.networks.narrowing import CONVOLUTIONS, narrowed


def network(width: float) -> MobileNetM:
    return MobileNetM(dropout=0.2, input_range="0..1", bn_momentum=0.01, seed=0, width=width).eval()


def silence(whole: MobileNetM) -> torch.Tensor:
    """Every other channel of each convolution that is not depthwise gives nothing; (512,) the features left."""
    for conv, norm in CONVOLUTIONS:
        if whole.backbone.get_submodule(conv).weight.shape[1] == 1:
            continue
        affine = whole.backbone.get_submodule(norm)
        affine.weight.data[::2] = 0
        affine.bias.data[::2] = 0
    return torch.arange(1, 1024, 2)


@torch.no_grad()
def test_channels_that_say_nothing_are_left_out_and_nothing_else_changes() -> None:
    whole, half = network(1.0), network(0.5)
    left = silence(whole)
    half.backbone.load_state_dict(narrowed(whole.backbone.state_dict(), half.backbone.state_dict()))
    rgb = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 255
    expected = whole.pooled(rgb)
    assert expected[:, left].abs().sum() > 0
    torch.testing.assert_close(half.pooled(rgb), expected[:, left])


def test_an_equal_width_keeps_everything() -> None:
    state = network(1.0).backbone.state_dict()
    found = narrowed(state, state)
    assert list(found) == list(state)
    assert all(torch.equal(tensor, state[name]) for name, tensor in found.items())


@pytest.mark.parametrize(("width", "trainable"), [(1.0, 3_211_074), (0.5, 820_642)])
def test_width_sets_the_parameters(width: float, trainable: int) -> None:
    assert sum(parameter.numel() for parameter in network(width).parameters()) == trainable

"""Strided depthwise convolutions leave bf16, nothing else does, and only for as long as asked."""

import torch
from torch import Tensor, nn

from leukolens.research.train.depthwise import strided_in_float


def network() -> nn.Sequential:
    """Strided depthwise, depthwise, and strided but dense."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(4, 4, 3, stride=2, groups=4), nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 4, 3, stride=2)
    )


def image(side: int = 17) -> Tensor:
    return torch.rand(2, 4, side, side, generator=torch.Generator().manual_seed(1)).bfloat16()


def test_a_strided_depthwise_convolution_computes_in_float_and_hands_on_what_it_was_given() -> None:
    (strided, *_), rgb = network(), image()
    expected = strided(rgb.float()).bfloat16()
    with strided_in_float(strided), torch.autocast("cpu", torch.bfloat16):
        found = strided(rgb)
        found.float().sum().backward()
    assert found.dtype == torch.bfloat16
    assert torch.equal(found, expected)
    assert strided.weight.grad is not None


def test_no_other_convolution_is_touched() -> None:
    convolutions = network()
    with strided_in_float(convolutions):
        assert ["forward" in vars(one) for one in convolutions] == [True, False, False]
    assert not any("forward" in vars(one) for one in convolutions)


def test_without_autocast_nothing_changes() -> None:
    convolutions, rgb = network().double(), image().double()
    expected = convolutions(rgb)
    with strided_in_float(convolutions):
        assert torch.equal(convolutions(rgb), expected)

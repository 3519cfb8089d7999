"""Each image normalised by itself: what it gives, and MobileNet_M's last stage with it."""

from dataclasses import replace

import pytest
import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import nn

from leukolens.base.errors import RunError
from leukolens.research.networks.image_norm import ImageNorm, by_image
from leukolens.research.networks.mobilenet import MobileNetM
from leukolens.research.networks.narrowing import MOVING, narrowed
from leukolens.research.networks.registry import build
from leukolens.research.settings import TrainSettings

IMAGES = TrainSettings(last_norm="image")


def test_it_is_group_norm_of_one_group() -> None:
    draw = torch.Generator().manual_seed(0)
    norm, same = ImageNorm(6, epsilon=1e-3, activation=nn.ReLU6()), nn.GroupNorm(1, 6, eps=1e-3)
    for values, others in ((norm.weight, same.weight), (norm.bias, same.bias)):
        values.data.copy_(torch.randn(6, generator=draw))
        others.data.copy_(values.data)
    images = 5 + 3 * torch.randn((2, 6, 4, 5), generator=draw)
    torch.testing.assert_close(norm(images), nn.functional.relu6(same(images)))
    assert norm(images.bfloat16()).dtype == torch.bfloat16


def test_gains_and_offsets_of_batch_norm_are_kept() -> None:
    stage = nn.Sequential(BatchNormAct2d(4, eps=1e-3, act_layer=nn.ReLU6))
    stage[0].weight.data = torch.tensor([1.0, 2.0, 3.0, 4.0])
    stage[0].bias.data = torch.tensor([0.5, 0.0, 0.0, 0.0])
    by_image(stage)
    assert isinstance(stage[0], ImageNorm)
    assert (stage[0].weight.tolist(), stage[0].bias.tolist()) == ([1, 2, 3, 4], [0.5, 0, 0, 0])
    assert stage[0].epsilon == 1e-3


@torch.no_grad()
def test_the_last_stage_no_longer_minds_a_batch() -> None:
    network = build(IMAGES).train()
    norms = [type(module) for module in network.backbone.blocks[-1].modules() if hasattr(module, "bias")]
    assert norms.count(ImageNorm) == 4
    assert BatchNormAct2d not in norms
    assert sum(isinstance(module, BatchNormAct2d) for module in network.modules()) == 23
    given = 9 * torch.rand((3, 512, 4, 4), generator=torch.Generator().manual_seed(0))
    last = network.backbone.blocks[-1]
    torch.testing.assert_close(last(given)[:1], last(given[:1]))


def test_the_first_block_may_do_so_alone() -> None:
    one, two = build(TrainSettings(last_norm="first")).backbone.blocks[-1]
    assert sum(isinstance(module, ImageNorm) for module in one.modules()) == 2
    assert not any(isinstance(module, BatchNormAct2d) for module in one.modules())
    assert not any(isinstance(module, ImageNorm) for module in two.modules())


def test_batch_norms_weights_are_taken_but_for_the_moving_statistics() -> None:
    whole, own = build(TrainSettings(seed=1)), build(IMAGES)
    assert isinstance(whole, MobileNetM)
    assert isinstance(own, MobileNetM)
    state = whole.backbone.state_dict()
    found = narrowed(state, own.backbone.state_dict())
    assert set(state) - set(found) == {
        f"blocks.4.{block}.{norm}.{key}" for block in (0, 1) for norm in ("bn1", "bn2") for key in MOVING
    }
    own.backbone.load_state_dict(found)
    torch.testing.assert_close(own.backbone.blocks[4][1].bn2.weight, whole.backbone.blocks[4][1].bn2.weight)


def test_other_networks_refuse_it() -> None:
    with pytest.raises(RunError, match=r"resnet18 has no last_norm.*last_norm=batch"):
        build(replace(IMAGES, network="resnet18"))

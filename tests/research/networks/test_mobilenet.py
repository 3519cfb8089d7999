"""MobileNet_M: Table 4's numbers, TensorFlow's padding and batch norm, and the evidence that adds up to the logit."""

import pytest
import torch
from command import leukolens
from torch import Tensor, nn

from leukolens.research import published as paper
from leukolens.research.networks.mobilenet import Explained, MobileNetM, layer_table, non_trainable, trainable


def network(**options: object) -> MobileNetM:
    return MobileNetM(**{"dropout": 0.2, "input_range": "0..1", "bn_momentum": 1.0, "seed": 0} | options)


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand((3, 3, 224, 224), generator=torch.Generator().manual_seed(1)) * 255


@pytest.fixture(scope="module")
def lively(images: Tensor) -> MobileNetM:
    """Random weights, moving statistics of real activations, a head whose every number counts; at inference."""
    model = network().train()
    with torch.no_grad():
        model(images)
        draw = torch.Generator().manual_seed(2)
        for values in (model.norm.weight, model.norm.bias, model.norm.running_mean, model.dense.bias):
            values.copy_(torch.randn(values.shape, generator=draw))
    return model.eval()


def test_parameters_are_those_of_table_4() -> None:
    model = network()
    table = layer_table(model)
    assert {layer: parameters for layer, _, parameters in table} == paper.TABLE_4
    assert [output for _, output, _ in table] == ["7×7×1024", "1024", "1024", "2"]
    assert trainable(model) == paper.TABLE_4_TRAINABLE == 3_211_074
    assert non_trainable(model) == paper.TABLE_4_NON_TRAINABLE == 23_936
    assert trainable(model) + non_trainable(model) == paper.TABLE_4_TOTAL == 3_235_010


def test_the_model_command_prints_table_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("model") == 0
    last = {line.rsplit(maxsplit=1)[1]: line for line in capsys.readouterr().out.splitlines()}
    assert last["3,228,864"].startswith("MobileNet (no top)")
    assert last["0"].startswith("global average pooling, dropout")
    assert last["4,096"].startswith("batch normalisation")
    assert last["2,050"].startswith("dense, softmax")
    assert last["3,235,010"].startswith("total")
    assert last["3,211,074"].startswith("trainable")
    assert last["23,936"].startswith("non-trainable")


@torch.no_grad()
def test_the_stem_pads_right_and_bottom_only() -> None:
    stem = network().backbone.conv_stem
    delta = torch.zeros(1, 3, 8, 8)
    delta[0, 0, 0, 0] = 1
    out = stem(delta)[0]
    assert out.shape[1:] == (4, 4)
    assert torch.allclose(out[:, 0, 0], stem.weight[:, 0, 0, 0])  # PyTorch's padding would show [1, 1] here
    assert out.abs().sum() == pytest.approx(stem.weight[:, 0, 0, 0].abs().sum().item())


@torch.no_grad()
def test_every_stride_2_pads_right_and_bottom_only() -> None:
    strided = [m for m in network().backbone.modules() if isinstance(m, nn.Conv2d) and m.stride == (2, 2)]
    assert len(strided) == 5
    for conv in strided:
        nn.init.constant_(conv.weight, 1 / conv.weight.shape[1])
        taps = conv(torch.ones(1, conv.in_channels, 8, 8))[0, 0]
        assert taps[0].tolist() == pytest.approx([9, 9, 9, 6])
        assert taps[-1].tolist() == pytest.approx([6, 6, 6, 4])


def test_batch_norm_is_keras() -> None:
    norms = [m for m in network(bn_momentum=0.01).modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert len(norms) == 28
    assert {norm.eps for norm in norms} == {1e-3}
    assert {norm.momentum for norm in norms} == {0.01}


def test_activations_are_relu6() -> None:
    assert sum(isinstance(m, nn.ReLU6) for m in network().backbone.modules()) == 27


@pytest.mark.parametrize(("input_range", "low", "middle"), [("0..1", 0.0, 0.5), ("-1..1", -1.0, 0.0)])
def test_what_the_backbone_takes(input_range: str, low: float, middle: float) -> None:
    model = network(input_range=input_range)
    model.backbone = nn.Identity()
    assert model.positions(torch.tensor([0.0, 127.5, 255.0])).tolist() == pytest.approx([low, middle, 1.0], abs=1e-6)


@torch.no_grad()
def test_the_evidence_adds_up_to_the_logit(lively: MobileNetM, images: Tensor) -> None:
    logit, evidence, features = Explained(lively)(images)
    dense = lively(images)
    assert logit.shape == (3,)
    assert evidence.shape == (3, 7, 7)
    assert features.shape == (3, 1024)
    assert logit.std() > 0.01  # the network says something
    assert evidence.std() > 0.01
    assert torch.allclose(evidence.mean(dim=(1, 2)), logit, atol=1e-4)
    assert torch.allclose(dense[:, 1] - dense[:, 0], logit, atol=1e-4)
    assert torch.allclose(torch.softmax(dense, dim=1)[:, 1], torch.sigmoid(logit), atol=1e-5)
    assert torch.allclose(features, lively.positions(images).mean(dim=(2, 3)), atol=1e-5)


@torch.no_grad()
def test_dropout_works_in_training_only(lively: MobileNetM, images: Tensor) -> None:
    assert torch.equal(lively(images), lively(images))
    lively.dropout.train()
    try:
        assert not torch.equal(lively(images), lively(images))
    finally:
        lively.eval()


def test_the_seed_gives_the_weights_and_leaves_torchs_own_alone() -> None:
    torch.manual_seed(7)
    first = network(seed=3).state_dict()
    after = torch.rand(1)
    torch.manual_seed(7)
    assert torch.equal(torch.rand(1), after)
    again, other = network(seed=3).state_dict(), network(seed=4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["dense.weight"], other["dense.weight"])
    assert not torch.equal(first["backbone.conv_stem.weight"], other["backbone.conv_stem.weight"])


def test_the_dense_layer_starts_as_keras_random_uniform() -> None:
    weight = network().dense.weight
    assert weight.abs().max() <= 0.05
    assert weight.abs().max() > 0.049
    assert abs(weight.mean().item()) < 0.005
    assert not network().dense.bias.any()


def test_the_penalty_is_the_sum_of_absolute_dense_weights() -> None:
    model = network()
    nn.init.constant_(model.dense.weight, -0.5)
    assert model.penalty().item() == 1024

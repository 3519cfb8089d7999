"""A reader's own network by 'module:function': it trains, exports and refuses like any other."""

from pathlib import Path

import pytest
import torch

from leukolens.base.errors import RunError, WeightsError
from leukolens.model.preprocess import Preprocess
from leukolens.research.networks.own import digest_of, is_own, own_network
from leukolens.research.networks.registry import build
from leukolens.research.settings import TrainSettings

CODE = """
import torch
from torch import nn

class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 5, 4), nn.BatchNorm2d(8), nn.ReLU())
    def forward(self, x):
        return self.layers(x).mean(dim=(2, 3))

def tiny(settings): return Tiny()
def maps(settings): return nn.Conv2d(3, 8, 5)
def text(settings): return "network"
"""
SETTINGS = TrainSettings(preprocess=Preprocess(size=32))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a module of an own name in it."""
    (tmp_path / "my_tiny_network.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "my_tiny_network", raising=False)
    return tmp_path


def test_which_names_are_own() -> None:
    assert [is_own(name) for name in ("mobilenet_m", "timm:resnet18", "my.module:build")] == [False, False, True]
    assert digest_of("timm:resnet18") is None


def test_a_body_gets_a_head_and_is_exported_with_its_features(here: Path) -> None:
    settings = TrainSettings(network="my_tiny_network:tiny", preprocess=Preprocess(size=32))
    network = build(settings).eval()
    rgb = torch.rand(3, 3, 32, 32) * 255
    module, names = network.exported()
    logit, features = module(rgb)
    logits = network(rgb)
    assert names == ("logit", "features")
    assert features.shape == (3, 8)
    torch.testing.assert_close(logit, logits[:, 1] - logits[:, 0])
    again = build(settings).eval()
    torch.testing.assert_close(again(rgb), logits)
    with pytest.raises(WeightsError, match="Give --init random"):
        network.load_imagenet()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("my_tiny_network:maps", r"gives \(2, 8, 28, 28\) of 2 images, not 2 rows of features"),
        ("my_tiny_network:text", "returned a str"),
        ("my_tiny_network:gone", "has no such function"),
        ("no_such_module:build", "cannot be imported"),
    ],
)
def test_what_is_not_a_network_is_named(here: Path, name: str, reason: str) -> None:
    with pytest.raises(RunError, match=reason):
        own_network(name, SETTINGS)


def test_another_code_is_another_digest(here: Path) -> None:
    first = digest_of("my_tiny_network:tiny")
    (here / "my_tiny_network.py").write_text(CODE + "# changed\n")
    assert len(str(first)) == 64
    assert digest_of("my_tiny_network:tiny") != first

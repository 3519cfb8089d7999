"""What every network is to the training loop: penalty, log-odds, and a body under its own scaling."""

import torch

from leukolens.research.networks.registry import build
from leukolens.research.settings import TrainSettings


def test_the_exported_log_odds_are_the_difference_of_the_logits() -> None:
    network = build(TrainSettings(network="alnett")).eval()
    rgb = torch.rand(3, 3, 64, 64) * 255
    module, names = network.exported()
    logits = network(rgb)
    assert names == ("logit",)
    torch.testing.assert_close(module(rgb)[0], logits[:, 1] - logits[:, 0])

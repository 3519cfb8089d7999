"""What every network here is to the training loop: 0–255 RGB in, two logits out, one penalised dense layer."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from leukolens.base.errors import WeightsError

IMAGENET_MEAN, IMAGENET_STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
"""Per channel, on the 0–255 scale."""
CAFFE_MEAN = (123.68, 116.779, 103.939)
"""What the first ImageNet networks subtract, RGB; they divide by nothing."""


class CellNetwork(nn.Module):
    """rgb (N, 3, 224, 224) float, 0–255, RGB → (N, 2) logits: HEM, ALL. Scaling to its own range is inside."""

    dense: nn.Linear
    """The last layer, which L1 weighs."""

    def pooled(self, rgb: Tensor) -> Tensor:
        """Features (N, F) under the dense layer."""
        raise NotImplementedError

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Of what `forward` has just given, in its dtype. targets: (N,) classes, or (N, 2) shares of them by mixup."""
        return F.cross_entropy(logits, targets.to(logits) if targets.is_floating_point() else targets)

    def penalty(self) -> Tensor:
        """Sum of absolute dense weights: what L1 weighs."""
        return self.dense.weight.abs().sum()

    @torch.no_grad()
    def read_by(self, weight: Tensor, offset: float) -> None:
        """From now on the log-odds of ALL are weight · pooled features + offset. weight: (F,)."""
        self.dense.weight.copy_(torch.stack([-weight, weight]) / 2)
        self.dense.bias.copy_(torch.tensor([-offset, offset]) / 2)

    def exported(self) -> tuple[nn.Module, tuple[str, ...]]:
        """The module to export, in evaluation mode, and the names of its outputs; the first is 'logit'."""
        return LogOdds(self.eval()), ("logit", "features")

    def load_imagenet(self) -> None:
        """Start from ImageNet, where there are weights for it. Raises WeightsError."""
        raise WeightsError(f"there are no ImageNet weights for {type(self).__name__}", hint="Give --init random")


class LogOdds(nn.Module):
    """(N,) log-odds of ALL, and the (N, F) features from which the dense layer reads them."""

    def __init__(self, network: CellNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, rgb: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        features = self.network.pooled(rgb)
        logits = self.network.dense(features)
        return logits[:, 1] - logits[:, 0], features


class Transferred(CellNetwork):
    """Any body that turns a normalised image into a feature vector, under dropout and a dense layer.

    mean and std: per channel, on the 0–255 scale, as the body's weights expect them.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, body: nn.Module, *, features: int, mean: tuple[float, ...], std: tuple[float, ...], dropout: float
    ) -> None:
        super().__init__()
        self.body = body
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(features, 2)
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(std)[:, None, None], persistent=False)

    def forward(self, rgb: Tensor) -> Tensor:
        """Logits (N, 2): HEM, ALL."""
        logits: Tensor = self.dense(self.dropout(self.pooled(rgb)))
        return logits

    def pooled(self, rgb: Tensor) -> Tensor:
        """What the body gives, in the dense layer's precision."""
        features: Tensor = self.body((rgb - self.mean) / self.std)
        return features.to(self.dense.weight.dtype)

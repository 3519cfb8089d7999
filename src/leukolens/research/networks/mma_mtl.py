"""MMA-MTL (Mathur et al. 2020, doi 10.1109/ICASSP40776.2020.9054675): a RECONSTRUCTION, not the authors' network.

What is public says: pointwise attention convolutions for what the whole cell tells, local spatial attention for where
in it, learnt together as tasks of one network, and mixup as the augmentation. Layer table, widths and weights of the
tasks are not public: those below are ours. Mixup is `settings.mixup`.
"""

import torch
from torch import Tensor, nn

from leukolens.research.networks.cell_network import CellNetwork

WIDTHS = (32, 64, 128)
BRANCH = 256


class PointwiseAttention(nn.Module):
    """Global: a 1×1 convolution of the pooled channels scales each channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Sequential(nn.Conv2d(width, width // 4, 1), nn.ReLU(), nn.Conv2d(width // 4, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) → the same shape."""
        return x * torch.sigmoid(self.scale(x.mean(dim=(2, 3), keepdim=True)))


class LocalAttention(nn.Module):
    """Local: a 7×7 convolution of the channels' mean and maximum scales each position (as in arXiv 1807.06521)."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same shape."""
        seen = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
        return x * torch.sigmoid(self.scale(seen))


def convolved(inside: int, outside: int) -> nn.Sequential:
    """Convolution, normalisation, activation; halves the side."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU()
    )


class MMAMTL(CellNetwork):
    """A shared stem, a global and a local branch; each branch tells the class by itself, and both together do."""

    def __init__(self, *, dropout: float) -> None:
        super().__init__()
        pairs = zip((3, *WIDTHS[:-1]), WIDTHS, strict=True)
        self.stem = nn.Sequential(*(convolved(inside, outside) for inside, outside in pairs))
        self.globally = nn.Sequential(
            PointwiseAttention(WIDTHS[-1]), convolved(WIDTHS[-1], BRANCH), PointwiseAttention(BRANCH)
        )
        self.locally = nn.Sequential(LocalAttention(), convolved(WIDTHS[-1], BRANCH), LocalAttention())
        self.tasks = nn.ModuleList(nn.Linear(BRANCH, 2) for _ in range(2))
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(2 * BRANCH, 2)
        self._told: list[Tensor] = []

    def forward(self, rgb: Tensor) -> Tensor:
        """Logits (N, 2): HEM, ALL, of both branches together."""
        features = self.pooled(rgb)
        self._told = [task(part) for task, part in zip(self.tasks, torch.split(features, BRANCH, dim=1), strict=True)]
        logits: Tensor = self.dense(self.dropout(features))
        return logits

    def pooled(self, rgb: Tensor) -> Tensor:
        """(N, 512): the global branch's means, then the local one's."""
        shared = self.stem(rgb / 255)
        branches = [branch(shared).float().mean(dim=(2, 3)) for branch in (self.globally, self.locally)]
        return torch.cat(branches, dim=1)

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The three tasks alike: both branches together, and each by itself, on the images of the last `forward`."""
        losses = [super(MMAMTL, self).loss(told.to(logits), targets) for told in (logits, *self._told)]
        return torch.stack(losses).mean()

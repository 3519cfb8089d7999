"""A second reader of MobileNet's middle stages: one linear layer over their mean in the cell, the black left out.

Why: stages that stay as ImageNet left them carry over to unseen subjects about as well as what is fine-tuned, and the
two err on different subjects; the mean of both answers beats either (docs/experiments.md). A mean over the whole image
would tell the cell's size.
"""

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STAGES, CHANNELS = (2, 3), 256 + 512
"""Of MobileNet v1's five: 256 channels at 28 × 28 and 512 at 14 × 14."""
LIT = 12.0
"""Mean value of 8 × 8 px, 0–255, above which they belong to the cell; the black around it stays below with noise of
σ 10, and C-NMC's cells lie at 27–90."""
DECAY = 0.011
"""Weight of the sum of squares in the loss. On standardised features of frozen stages, AUROC of unseen subjects changed
little between a third and ten times of it."""


class RunningNorm(nn.Module):
    """Each feature by the mean and deviation of all that were seen so far, in training too: a batch of 16 is too small
    to standardise by, and would take away what its subjects differ in."""

    mean: Tensor
    square: Tensor
    seen: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("square", torch.ones(features))
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """(N, features) → the same, standardised."""
        if self.training:
            with torch.no_grad():
                self.seen += 1
                share = 1 / self.seen
                self.mean.lerp_(x.mean(dim=0), share)
                self.square.lerp_((x**2).mean(dim=0), share)
        return (x - self.mean) / self.deviation()

    def deviation(self) -> Tensor:
        """(features,)."""
        return (self.square - self.mean**2).clamp(min=1e-6).sqrt()


class CellReader(nn.Module):
    """Maps of `STAGES` → log-odds of ALL."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = RunningNorm(CHANNELS)
        self.dense = nn.Linear(CHANNELS, 1)
        nn.init.zeros_(self.dense.weight)
        nn.init.zeros_(self.dense.bias)

    def forward(self, maps: Sequence[Tensor], rgb: Tensor) -> Tensor:
        """maps: of every stage, (N, C, h, w); rgb: (N, 3, H, W) 0–255. Returns (N,)."""
        lit = lit_share(rgb)
        means = [_mean_over_cell(maps[stage].float(), lit) for stage in STAGES]
        return cast(Tensor, self.dense(self.norm(torch.cat(means, dim=1)))[:, 0])

    def evidence(self, maps: Sequence[Tensor], rgb: Tensor) -> Tensor:
        """(N, 7, 7) of each position of the last stage; its mean is the log-odds, for all behind the maps is linear."""
        weight = self.dense.weight[0] / self.norm.deviation()
        lit = lit_share(rgb)
        parts, start, side = [], 0, maps[-1].shape[-1]
        for stage in STAGES:
            found = maps[stage]
            here = F.avg_pool2d(lit, lit.shape[-1] // found.shape[-1])
            own = weight[start : start + found.shape[1]]
            told = (found * own[None, :, None, None]).sum(dim=1, keepdim=True) * here
            parts.append(F.avg_pool2d(told, found.shape[-1] // side))
            start += found.shape[1]
        offset = self.dense.bias[0] - (weight * self.norm.mean).sum()
        return ((parts[0] + parts[1]) / _whole(lit))[:, 0] + offset

    def shrinkage(self) -> Tensor:
        """What the loss takes for large weights."""
        return DECAY * (self.dense.weight**2).sum()


def lit_share(rgb: Tensor) -> Tensor:
    """(N, 1, H/8, W/8) 1 where the cell is, 0 where it is black."""
    return (F.avg_pool2d(rgb.mean(dim=1, keepdim=True), 8) > LIT).float()


def _whole(lit: Tensor) -> Tensor:
    """(N, 1, 1, 1) share of the image that the cell fills; not 0 where there is none."""
    return lit.mean(dim=(2, 3), keepdim=True).clamp(min=1e-3)


def _mean_over_cell(found: Tensor, lit: Tensor) -> Tensor:
    here = F.avg_pool2d(lit, lit.shape[-1] // found.shape[-1])
    return (found * here).mean(dim=(2, 3)) / _whole(lit)[:, 0, 0]

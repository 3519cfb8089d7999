"""The network of `leukolens.cells.network` in torch, and what its answers cost.

Heat as in CenterNet (Zhou et al. 2019, arXiv 1904.07850): a focal loss around the cells' middles.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTHS = (16, 32, 64, 96)
"""Channels at 1/2, 1/4, 1/8 and 1/16 of the picture."""
KIND_WEIGHTS = (1.0, 0.5, 0.5)
"""Of the heat of white cells, red cells and platelets."""


class FinderNetwork(nn.Module):
    """A U-Net of half a million weights. The names of its parts are those in the weights that --start reads."""

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = WIDTHS
        self.e1 = nn.Sequential(convolution(3, half, stride=2), convolution(half, half))
        self.e2 = nn.Sequential(convolution(half, quarter, stride=2), convolution(quarter, quarter))
        self.e3 = nn.Sequential(convolution(quarter, eighth, stride=2), convolution(eighth, eighth))
        self.e4 = nn.Sequential(
            convolution(eighth, sixteenth, stride=2),
            convolution(sixteenth, sixteenth),
            convolution(sixteenth, sixteenth),
        )
        self.d3 = convolution(sixteenth + eighth, eighth)
        self.d2 = convolution(eighth + quarter, quarter)
        self.d1 = nn.Sequential(convolution(quarter + half, 24), convolution(24, 24))
        self.out = nn.Conv2d(24, 7, 1)
        nn.init.constant_(self.out.get_parameter("bias")[:3], -3.0)  # cells' middles are rare

    def forward(self, density: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, 7, H / 2, W / 2): log-odds of three heats; logarithms of width and height over a red
        cell's; log-odds of a white cell's pixels and of its nucleus's."""
        half = self.e1(density)
        quarter = self.e2(half)
        eighth = self.e3(quarter)
        eighth = self.d3(beside(self.e4(eighth), eighth))
        quarter = self.d2(beside(eighth, quarter))
        maps: Tensor = self.out(self.d1(beside(quarter, half)))
        return maps


def convolution(inside: int, outside: int, *, stride: int = 1) -> nn.Sequential:
    """3×3, normalised."""
    return nn.Sequential(nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU())


def beside(coarse: Tensor, fine: Tensor) -> Tensor:
    """(N, C, h, w) brought to the size of (N, D, H, W): (N, C + D, H, W)."""
    return torch.cat([F.interpolate(coarse, size=fine.shape[-2:], mode="bilinear", align_corners=False), fine], 1)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What the network should answer, on every second pixel."""

    heat: Tensor
    """(N, 3, h, w) 0–1; 1 at the middles of white cells, red cells and platelets."""
    size: Tensor
    """(N, 2, h, w) logarithms of width and height over a red cell's."""
    near: Tensor
    """(N, h, w) 1 where the size counts: around a middle."""
    pixels: Tensor
    """(N, 2, h, w) 0–1, part of a white cell and of its nucleus."""


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Scalars."""

    heat: Tensor
    size: Tensor
    pixels: Tensor

    @property
    def total(self) -> Tensor:
        return self.heat + 2 * self.size + self.pixels


def losses(maps: Tensor, targets: Targets) -> Losses:
    """maps: (N, 7, h, w), the network's answer."""
    return Losses(
        heat=heat_loss(maps[:, :3], targets.heat),
        size=size_loss(maps[:, 3:5], targets),
        pixels=pixel_loss(maps[:, 5:7], targets.pixels),
    )


def heat_loss(logits: Tensor, heat: Tensor) -> Tensor:
    """Both (N, 3, h, w). Focal loss a middle: the nearer to a middle, the less a false answer costs."""
    answer = torch.sigmoid(logits).clamp(1e-4, 1 - 1e-4)
    middle = (heat >= 0.999).float()
    hit = middle * torch.log(answer) * (1 - answer) ** 2
    false = (1 - middle) * (1 - heat) ** 4 * answer**2 * torch.log(1 - answer)
    weights = torch.tensor(KIND_WEIGHTS).view(1, 3, 1, 1)
    return (-(hit + false) * weights).sum() / middle.sum().clamp(min=1)


def size_loss(sizes: Tensor, targets: Targets) -> Tensor:
    """sizes: (N, 2, h, w). Smooth L1 around the middles."""
    distance = F.smooth_l1_loss(sizes, targets.size, reduction="none", beta=0.05).sum(1)
    return (distance * targets.near).sum() / targets.near.sum().clamp(min=1)


def pixel_loss(logits: Tensor, pixels: Tensor) -> Tensor:
    """Both (N, 2, h, w). Twice the cross-entropy, plus one less Dice over the batch."""
    answer = torch.sigmoid(logits)
    entropy = F.binary_cross_entropy_with_logits(logits, pixels)
    shared, both = (answer * pixels).sum((0, 2, 3)), (answer + pixels).sum((0, 2, 3))
    return 2 * entropy + (1 - ((2 * shared + 1) / (both + 1)).mean())

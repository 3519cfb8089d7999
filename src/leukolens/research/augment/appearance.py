"""What a cell looks like under another stain or without colour, for both classes alike.

The paper's saturation-free copies exist for HEM only and teach "grey ⇒ healthy"; these teach that colour decides
nothing. Stain jitter: Tellez et al. 2018 (arXiv 1808.05896) in the HED space of Ruifrok & Johnston 2001.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

_STAINS = torch.tensor([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
"""Optical density of haematoxylin, eosin and DAB in R, G, B: rows as scikit-image's rgb_from_hed."""

_BINOMIAL = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16


def draw_appearance(count: int, *, grey: float, stain: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Which images lose their saturation, (count,) bool, and each stain's factor and shift, (count, 2, 3).

    grey: probability. stain: the factors are 1 ± this, the shifts ± this as a share of a density of 1.
    """
    jitter = (torch.rand(count, 2, 3, generator=generator) * 2 - 1) * stain
    jitter[:, 0] += 1
    return torch.rand(count, generator=generator) < grey, jitter


def draw_style(count: int, *, style: float, generator: torch.Generator) -> Tensor:
    """(count,) how far each image takes another's colours, 0–1: 0 with probability 1 − style, else anything."""
    chosen, share = torch.rand(2, count, generator=generator)
    return torch.where(chosen < style, share, 0)


def restyle(rgb: Tensor, share: Tensor) -> Tensor:
    """Each cell with its channels' mean and deviation moved towards those of the image before it in the batch, whatever
    its class: what colour a cell has then says little of what it is (after AdaIN, arXiv 1703.06868, on the pixels).

    rgb: (N, 3, H, W) 0–255; share: (N,) 0 leaves a cell as it is, 1 gives it the other's. Black stays black.
    """
    lit = (rgb.amax(dim=1, keepdim=True) > 0).to(rgb)
    count = lit.sum(dim=(2, 3), keepdim=True).clamp(min=1)
    mean = (rgb * lit).sum(dim=(2, 3), keepdim=True) / count
    deviation = (((rgb - mean) ** 2 * lit).sum(dim=(2, 3), keepdim=True) / count).sqrt().clamp(min=1)
    far = share[:, None, None, None]
    to_mean = torch.lerp(mean, mean.roll(1, dims=0), far)
    to_deviation = torch.lerp(deviation, deviation.roll(1, dims=0), far)
    return ((rgb - mean) * (to_deviation / deviation) + to_mean).clamp_(0, 255) * lit


def draw_focus(count: int, *, focus: float, generator: torch.Generator) -> Tensor:
    """(count,) from ± focus."""
    return (torch.rand(count, generator=generator) * 2 - 1) * focus


def refocus(rgb: Tensor, share: Tensor) -> Tensor:
    """Each cell with that share of its fine detail more or less: below 0 blurred, above 0 sharpened; black stays black.

    rgb: (N, 3, H, W) 0–255; share: (N,), −1 leaves what a binomial blur of 5 × 5 px leaves.
    """
    kernel = (_BINOMIAL[:, None] * _BINOMIAL).to(rgb).expand(3, 1, 5, 5)
    blurred = F.conv2d(F.pad(rgb, (2, 2, 2, 2), mode="replicate"), kernel, groups=3)
    lit = (rgb.amax(dim=1, keepdim=True) > 0).to(rgb)
    return torch.lerp(rgb, blurred, -share[:, None, None, None]).clamp_(0, 255) * lit


def restain(rgb: Tensor, jitter: Tensor) -> Tensor:
    """Each stain's density times its factor plus its shift; black stays black. rgb: (N, 3, H, W) 0–255."""
    stains = _STAINS.to(rgb)
    density = torch.einsum("nchw,cs->nshw", -torch.log((rgb + 1) / 256), torch.linalg.inv(stains))
    density = density * jitter[:, 0, :, None, None] + jitter[:, 1, :, None, None]
    found = 256 * torch.exp(-torch.einsum("nshw,sc->nchw", density, stains)) - 1
    return torch.where(rgb.amax(dim=1, keepdim=True) > 0, found.clamp_(0, 255), 0)

"""What a cell looks like under a stain of other strength, in the HED space of Ruifrok & Johnston 2001."""

import torch
from torch import Tensor

_STAINS = torch.tensor([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
"""Optical density of haematoxylin, eosin and DAB in R, G, B: rows as scikit-image's rgb_from_hed."""


_FARTHEST = 1.5


def draw_stains(count: int, deviation: float, draw: torch.Generator) -> Tensor:
    """(count, 3) factors, as likely stronger as weaker; deviation: of their logarithm."""
    return torch.exp(deviation * torch.randn((count, 3), generator=draw)).clamp(1 / _FARTHEST, _FARTHEST)


def restain(rgb: Tensor, factors: tuple[float, float, float] | Tensor) -> Tensor:
    """Densities of haematoxylin, eosin and DAB times `factors`; black stays black.

    rgb: (N, 3, H, W) float, 0–255. factors: of all images alike, or (N, 3).
    """
    stains = _STAINS.to(rgb)
    density = torch.einsum("nchw,cs->nshw", -torch.log((rgb + 1) / 256), torch.linalg.inv(stains))
    density = density * torch.as_tensor(factors).to(rgb)[..., None, None]
    found = 256 * torch.exp(-torch.einsum("nshw,sc->nchw", density, stains)) - 1
    return torch.where(rgb.amax(dim=1, keepdim=True) > 0, found.clamp_(0, 255), 0)

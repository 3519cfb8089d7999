"""Rotation, shift, shear, zoom, flips as one affine warp, and brightness: Keras's ImageDataGenerator on tensors."""

import torch
import torch.nn.functional as F
from torch import Tensor

from leukolens.research.settings import Augmentation


def draw_warps(count: int, settings: Augmentation, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random warps as (count, 2, 3) affine matrices from output to input, −1 to 1 coordinates, and (count,) brightness.

    Composed as Keras's ImageDataGenerator does, rotation · shift · shear · zoom, then the flip.
    """

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    zero, one = torch.zeros(count), torch.ones(count)

    def matrix(*rows: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        return torch.stack([torch.stack(row, dim=1) for row in (*rows, (zero, zero, one))], dim=1)

    angle = torch.deg2rad(uniform(-settings.rotation, settings.rotation))
    slant = torch.deg2rad(uniform(-settings.shear, settings.shear))
    cos, sin = torch.cos(angle), torch.sin(angle)
    across, down = (2 * uniform(-settings.shift, settings.shift) for _ in range(2))  # the side is 2 in −1 to 1
    mirror = torch.where(torch.rand(count, generator=generator) < settings.flip, -one, one)
    across_zoom, down_zoom, brightness = uniform(*settings.zoom), uniform(*settings.zoom), uniform(*settings.brightness)
    warp = matrix((cos, -sin, zero), (sin, cos, zero))
    warp = warp @ matrix((one, zero, across), (zero, one, down))
    warp = warp @ matrix((one, -torch.sin(slant), zero), (zero, torch.cos(slant), zero))
    warp = warp @ matrix((across_zoom, zero, zero), (zero, down_zoom, zero))
    warp = warp @ matrix((mirror, zero, zero), (zero, one, zero))
    return warp[:, :2], brightness


def stretched(rgb: Tensor) -> Tensor:
    """Each image's values from 0 to 255, as Keras's array_to_img does it. rgb: (N, 3, H, W)."""
    low, high = torch.aminmax(rgb.flatten(1), dim=1)
    scale = 255 / (high - low).clamp(min=1)
    return (rgb - low[:, None, None, None]) * scale[:, None, None, None]


def warp(rgb: Tensor, matrices: Tensor) -> Tensor:
    """One bilinear resampling for all geometry. rgb: (N, 3, H, W) 0–255, returned likewise.

    Outside the image its border is repeated, as Keras's fill_mode 'nearest': black in a segmented cell.
    """
    grid = F.affine_grid(matrices, list(rgb.shape), align_corners=False)
    return F.grid_sample(rgb, grid, mode="bilinear", padding_mode="border", align_corners=False)


def brighten(rgb: Tensor, factor: Tensor, *, stretch: bool = False) -> Tensor:
    """rgb: (N, 3, H, W) 0–255 times factor (N,), clipped; `stretch`: see Augmentation.brightness_stretch."""
    return ((stretched(rgb) if stretch else rgb) * factor[:, None, None, None]).clamp_(0, 255)

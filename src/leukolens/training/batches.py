"""split → batches as the network sees them: balance, noise, augmentation, on whole batches on the training device.

Makem et al. 2025 §3.2, steps 2–4. Every random number comes from (seed, epoch) or (seed, epoch, step): an epoch can be
run again after a crash and is the same epoch.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from leukolens.training.settings import Augmentation, TrainSettings


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The training part after balancing: which stored cell, its label, and whether it is shown without saturation."""

    rows: Tensor
    """(N,) int64, rows of the store."""
    labels: Tensor
    """(N,) int64: 0 HEM, 1 ALL."""
    grey: Tensor
    """(N,) bool: a copy with HSV saturation 0."""

    def __len__(self) -> int:
        return len(self.rows)


def balanced(rows: NDArray[np.int64], labels: NDArray[np.int64], *, balance: bool) -> Sample:
    """The given cells, and with `balance` every HEM cell once more as a saturation-free copy (Table 2)."""
    hem = rows[labels == 0] if balance else rows[:0]
    return Sample(
        rows=torch.from_numpy(np.concatenate([rows, hem])),
        labels=torch.from_numpy(np.concatenate([labels, np.zeros(len(hem), np.int64)])),
        grey=torch.arange(len(rows) + len(hem)) >= len(rows),
    )


def desaturate(rgb: Tensor, grey: Tensor) -> Tensor:
    """HSV saturation 0 keeps the value, max(R, G, B). rgb: (N, 3, H, W); grey: (N,) bool."""
    value = rgb.amax(dim=1, keepdim=True)
    return torch.where(grey[:, None, None, None], value, rgb)


def add_noise(rgb: Tensor, sigma: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian noise per pixel and channel, clipped. rgb: (N, 3, H, W) 0–255; sigma: (N,) on the same scale."""
    count, channels, height, width = rgb.shape  # drawn in memory order: 7 ms a batch of 16; normal_ on strides takes 53
    if not sigma.any():
        return rgb
    noise = torch.randn((count, height, width, channels), generator=generator, device=rgb.device).permute(0, 3, 1, 2)
    return torch.addcmul(rgb, noise, sigma[:, None, None, None]).clamp_(0, 255)


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
    warp = matrix((cos, -sin, zero), (sin, cos, zero))
    warp = warp @ matrix((one, zero, across), (zero, one, down))
    warp = warp @ matrix((one, -torch.sin(slant), zero), (zero, torch.cos(slant), zero))
    warp = warp @ matrix((uniform(*settings.zoom), zero, zero), (zero, uniform(*settings.zoom), zero))
    warp = warp @ matrix((mirror, zero, zero), (zero, one, zero))
    return warp[:, :2], uniform(*settings.brightness)


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


def generator(device: torch.device, *key: int) -> torch.Generator:
    """A generator of its own for each (seed, epoch, step, …); the length counts, for SeedSequence pads with zeros."""
    state = int(np.random.SeedSequence([len(key), *key]).generate_state(1, np.uint64)[0] >> np.uint64(1))
    return torch.Generator(device).manual_seed(state)


@dataclass(frozen=True, kw_only=True)
class Batches:
    """The training part as batches of one epoch after another."""

    pixels: Tensor
    """(M, 224, 224, 3) uint8, the store; on the training device where it fits."""
    sample: Sample
    settings: TrainSettings
    device: torch.device
    rank: int = 0
    """Which of the devices this is …"""
    world: int = 1
    """… of how many; each takes its share of every batch."""

    def steps(self) -> int:
        """Steps in an epoch; a last batch too small for every device is left out."""
        full, rest = divmod(len(self.sample) * self._showings(), self.settings.batch)
        return full + (rest >= 2 * self.world)

    def _showings(self) -> int:
        return len(self.settings.noise) if self.settings.noise_mixing == "beside" and self.settings.noise else 1

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (rgb (B, 3, 224, 224) float32 0–255 channels_last, labels (B,)) in this epoch's order."""
        settings = self.settings
        draw = generator(torch.device("cpu"), settings.seed, number)
        shown = len(self.sample) * self._showings()
        order = torch.randperm(shown, generator=draw)
        levels = torch.tensor(settings.noise or (0.0,))
        # 'share': a second shuffle deals the levels evenly; 'beside': each showing of an image has a level of its own
        dealt = (
            order // len(self.sample) if self._showings() > 1 else torch.randperm(shown, generator=draw) % len(levels)
        )
        warps = None if settings.augmentation is None else draw_warps(shown, settings.augmentation, draw)
        for step in range(self.steps()):
            here = slice(step * settings.batch, (step + 1) * settings.batch)
            mine = torch.arange(shown)[here][self.rank :: self.world]
            noise = generator(self.device, settings.seed, number, step, self.rank)
            yield self._batch(order[mine] % len(self.sample), levels[dealt[mine]], mine, warps, noise)

    def _batch(
        self, items: Tensor, sigma: Tensor, places: Tensor, warps: tuple[Tensor, Tensor] | None, noise: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        rgb = to_rgb(self.pixels, self.sample.rows[items], self.device)
        rgb = desaturate(rgb, self.sample.grey[items].to(self.device))
        order = self.settings.noise_order
        if order == "before":
            rgb = add_noise(rgb, sigma.to(self.device), noise)
        if warps is not None:
            rgb = warp(rgb, warps[0][places].to(self.device))
        if order == "warped":
            rgb = add_noise(rgb, sigma.to(self.device), noise)
        if warps is not None and self.settings.augmentation is not None:
            stretch = self.settings.augmentation.brightness_stretch
            rgb = brighten(rgb, warps[1][places].to(self.device), stretch=stretch)
        if order == "last":
            rgb = add_noise(rgb, sigma.to(self.device), noise)
        return rgb.contiguous(memory_format=torch.channels_last), self.sample.labels[items].to(self.device)


def to_rgb(pixels: Tensor, rows: Tensor, device: torch.device) -> Tensor:
    """Rows of the store as (B, 3, 224, 224) float32 0–255 on the device."""
    return pixels[rows.to(pixels.device)].to(device).permute(0, 3, 1, 2).float()


def plain_batches(pixels: Tensor, rows: Tensor, size: int, device: torch.device) -> Iterator[Tensor]:
    """Cells without balance, noise or augmentation, for validation."""
    for start in range(0, len(rows), size):
        yield to_rgb(pixels, rows[start : start + size], device)

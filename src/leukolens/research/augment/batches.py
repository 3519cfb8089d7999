"""split → batches as the network sees them: balance, noise, augmentation, on whole batches on the training device.

Makem et al. 2025 §3.2, steps 2–4. Every random number comes from (seed, epoch) or (seed, epoch, step): an epoch can be
run again after a crash and is the same epoch, and several devices together see what one would.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from leukolens.research.augment.appearance import draw_stains, restain
from leukolens.research.augment.warps import brighten, draw_warps, warp
from leukolens.research.settings import Augmentation, TrainSettings


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


def add_noise(
    rgb: Tensor, sigma: Tensor, generator: torch.Generator, *, whole: int | None = None, share: slice = slice(None)
) -> Tensor:
    """Gaussian noise per pixel and channel, clipped. rgb: (N, 3, H, W) 0–255; sigma: (N,) on the same scale.

    whole, share: where the N are a share of a batch of so many, whose noise is drawn.
    """
    count, channels, height, width = rgb.shape  # drawn in memory order: 7 ms a batch of 16; normal_ on strides takes 53
    if not sigma.any():
        return rgb
    shape = (count if whole is None else whole, height, width, channels)
    noise = torch.randn(shape, generator=generator, device=rgb.device)[share].permute(0, 3, 1, 2)
    return torch.addcmul(rgb, noise, sigma[:, None, None, None]).clamp_(0, 255)


def mixed(rgb: Tensor, labels: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Mixup (arXiv 1710.09412): `share` of each image, the rest from its neighbour in the batch, and so its label."""
    targets = F.one_hot(labels, 2).float()
    return torch.lerp(rgb.roll(1, 0), rgb, share), torch.lerp(targets.roll(1, 0), targets, share)


def generator(device: torch.device, *key: int) -> torch.Generator:
    """A generator of its own for each (seed, epoch, step, …); the length counts, for SeedSequence pads with zeros."""
    state = int(np.random.SeedSequence([len(key), *key]).generate_state(1, np.uint64)[0] >> np.uint64(1))
    return torch.Generator(device).manual_seed(state)


@dataclass(frozen=True, kw_only=True)
class _Change:
    """What augmentation does to each image."""

    matrices: Tensor
    """(N, 2, 3), see `draw_warps`."""
    brightness: Tensor
    """(N,) factor."""
    grey: Tensor
    """(N,) bool: which lose their saturation."""
    stains: Tensor | None
    """(N, 3) factors of `restain`; None: the stains stay."""

    def of(self, places: Tensor, device: torch.device) -> "_Change":
        """Those of one batch, on the device that trains."""
        return _Change(
            matrices=self.matrices[places].to(device),
            brightness=self.brightness[places].to(device),
            grey=self.grey[places].to(device),
            stains=None if self.stains is None else self.stains[places].to(device),
        )


def _draw_change(count: int, settings: Augmentation, draw: torch.Generator) -> _Change:
    matrices, brightness = draw_warps(count, settings, draw)
    torch.rand(8, count, generator=draw)  # settings that are gone drew these: the grey images of published runs stay
    grey = torch.rand(count, generator=draw) < settings.grey
    stains = draw_stains(count, settings.stains, draw) if settings.stains else None
    return _Change(matrices=matrices, brightness=brightness, grey=grey, stains=stains)


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
        """Steps in an epoch; a last batch of one image, or too small for every device, is left out."""
        full, rest = divmod(self.images(), self.settings.batch)
        return full + (rest >= max(2, self.world))

    def images_of(self, step: int) -> int:
        """Images of one step, from 0, over all devices."""
        return min(self.settings.batch, self.images() - step * self.settings.batch)

    def images(self) -> int:
        """Images of an epoch."""
        return len(self.sample) * (len(self.settings.noise or (0.0,)) if self.settings.noise_mixing == "beside" else 1)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (rgb (B, 3, 224, 224) float32 0–255 channels_last, labels (B,)) in this epoch's order.

        With mixup the labels are (B, 2) float, the shares of both classes.
        """
        settings, shown = self.settings, self.images()
        draw = generator(torch.device("cpu"), settings.seed, number)
        order = torch.randperm(shown, generator=draw)
        levels = torch.tensor(settings.noise or (0.0,))
        if settings.noise_mixing == "beside":
            order, dealt = order // len(levels), order % len(levels)  # each image once at each level
        else:
            dealt = torch.randperm(shown, generator=draw) % len(levels)  # a second shuffle deals the levels evenly
        change = None if settings.augmentation is None else _draw_change(shown, settings.augmentation, draw)
        for step in range(self.steps()):
            here = slice(step * settings.batch, (step + 1) * settings.batch)
            mine = torch.arange(shown)[here][self.rank :: self.world]
            noise = generator(self.device, settings.seed, number, step, 0)
            mine_changed = None if change is None else change.of(mine, self.device)
            rgb, labels = self._batch(order[mine], levels[dealt[mine]], mine_changed, noise, whole=self.images_of(step))
            if settings.mixup:
                share = np.random.default_rng([settings.seed, number, step]).beta(settings.mixup, settings.mixup)
                rgb, labels = mixed(rgb, labels, float(share))
            yield rgb, labels

    def _batch(
        self, items: Tensor, sigma: Tensor, change: _Change | None, noise: torch.Generator, *, whole: int
    ) -> tuple[Tensor, Tensor]:
        rgb = to_rgb(self.pixels, self.sample.rows[items], self.device)
        grey = self.sample.grey[items].to(self.device)
        rgb = desaturate(rgb, grey if change is None else grey | change.grey)
        if change is not None:
            if change.stains is not None:  # first, while the background is exactly black and stays so
                rgb = restain(rgb, change.stains)
            rgb = warp(rgb, change.matrices)
        rgb = add_noise(rgb, sigma.to(self.device), noise, whole=whole, share=slice(self.rank, None, self.world))
        if change is not None and self.settings.augmentation is not None:
            rgb = brighten(rgb, change.brightness, stretch=self.settings.augmentation.brightness_stretch)
        return rgb.contiguous(memory_format=torch.channels_last), self.sample.labels[items].to(self.device)


def to_rgb(pixels: Tensor, rows: Tensor, device: torch.device) -> Tensor:
    """Rows of the store as (B, 3, 224, 224) float32 0–255 on the device."""
    return pixels[rows.to(pixels.device)].to(device).permute(0, 3, 1, 2).float()


def plain_batches(pixels: Tensor, rows: Tensor, size: int, device: torch.device) -> Iterator[Tensor]:
    """Cells without balance, noise or augmentation, for validation."""
    for start in range(0, len(rows), size):
        yield to_rgb(pixels, rows[start : start + size], device)

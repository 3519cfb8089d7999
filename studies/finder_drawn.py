"""White cells drawn at random, of any nucleus's colour: what the finder learns from beside those of the sources."""

import cv2
import numpy as np
from finder_pictures import Cell
from numpy.random import Generator
from numpy.typing import NDArray

Map = NDArray[np.float32]


def drawn(random: Generator, nucleus: NDArray[np.floating]) -> Cell:
    """A generated cell, nucleus and cytoplasm of one stain. nucleus: (3,) its density."""
    radius = int(random.uniform(13, 30))
    side = 2 * radius + 1
    y, x = np.mgrid[:side, :side] - radius
    angle = np.arctan2(y, x)
    edge = wavy(random, angle, waves=5)
    tilt = random.uniform(0, 3.14)
    flat = random.uniform(0.75, 1)
    along = x * np.cos(tilt) + y * np.sin(tilt)
    across = (-x * np.sin(tilt) + y * np.cos(tilt)) / flat
    mask = np.hypot(along, across) < 0.97 * radius * edge * 0.95
    share = random.uniform(0.45, 0.92)
    off_along = random.uniform(-1, 1) * (1 - share) * radius * 0.8
    off_across = random.uniform(-1, 1) * (1 - share) * radius * 0.6
    narrow = random.uniform(0.75, 1)
    reach = share * radius * flat * wavy(random, angle, waves=4)
    inner = (np.hypot((along - off_along), (across - off_across) / narrow) < reach) & mask
    density = stained(random, nucleus, inner)
    return Cell(density=density, mask=mask.astype(np.float32), nucleus=inner.astype(np.float32))


def wavy(random: Generator, angle: NDArray[np.float64], *, waves: int) -> NDArray[np.float64]:
    """A radius around 1 that depends on the angle."""
    parts = (
        random.normal(0, 0.05 / wave) * np.cos(wave * angle + random.uniform(0, 6.28)) for wave in range(1, waves + 1)
    )
    return np.asarray(1 + sum(parts))


def stained(random: Generator, nucleus: NDArray[np.floating], inner: NDArray[np.bool_]) -> Map:
    """(side, side, 3) density of a drawn cell. inner: (side, side), where its nucleus is."""
    side = len(inner)
    chromatin = cloud(random, max(3, side // 5), side) * random.uniform(0.03, 0.18)
    cytoplasm = nucleus * random.uniform(0.1, 0.6) * np.exp(random.normal(0, 0.2, 3))
    grain = cloud(random, max(3, side // 7), side) * random.uniform(0.02, 0.15)
    dark = nucleus * np.exp(random.normal(0, 0.12))
    density = np.where(inner[..., None], dark, cytoplasm * (1 + grain[..., None]))
    return np.asarray(density * (1 + chromatin[..., None] * inner[..., None]), np.float32)


def cloud(random: Generator, grains: int, side: int) -> Map:
    """(side, side), smooth noise of deviation 1 with so many grains across."""
    noise = random.normal(0, 1, (grains, grains)).astype(np.float32)
    return np.asarray(cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)

"""Generated fields at a known scale: red cells, white cells apart and touching, platelets and smudges on a pale slide.

They are drawn, so what is measured on them says whether the finder's arithmetic holds, not how well it finds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_SLIDE = np.array([236.0, 226.0, 222.0])
_RED = np.array([0.16, 0.42, 0.30])
"""Optical density of a red cell, RGB."""
_NUCLEUS = np.array([0.95, 1.45, 0.45])
_CYTOPLASM = np.array([0.40, 0.42, 0.14])
RED_CELL_UM, WHITE_CELL_UM, NUCLEUS_UM, PLATELET_UM = 7.5, 11.5, 9.0, 2.5


@dataclass(frozen=True, kw_only=True)
class FieldSettings:
    """What to draw."""

    size_um: tuple[float, float] = (80.0, 60.0)
    """Width and height."""
    um_per_px: float = 0.15
    white: Sequence[tuple[float, float]] = ((25.0, 25.0), (58.0, 40.0))
    """Middles of white cells, µm."""
    red: int = 40
    """How many are tried; those that would cover a white cell or another red one are left out."""
    platelets: int = 5
    smudges: Sequence[tuple[float, float]] = ()
    """Middles, µm."""
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class PhantomField:
    """A drawn field and what is in it."""

    rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    white: tuple[tuple[float, float, float, float], ...]
    """Boxes x0, y0, x1, y1 of the white cells, px."""
    red_cell: float
    """px across."""


def draw_field(settings: FieldSettings) -> PhantomField:
    """The same settings give the same pixels."""
    random = np.random.default_rng(settings.seed)
    px = 1 / settings.um_per_px
    width, height = (round(side * px) for side in settings.size_um)
    density = np.zeros((height, width, 3))
    taken = [(x, y, WHITE_CELL_UM / 2) for x, y in (*settings.white, *settings.smudges)]
    for _ in range(settings.red):
        x, y = random.uniform(0, settings.size_um[0]), random.uniform(0, settings.size_um[1])
        if all(np.hypot(x - a, y - b) > r + RED_CELL_UM / 2 for a, b, r in taken):
            taken.append((x, y, RED_CELL_UM / 2))
            _disc(density, x * px, y * px, RED_CELL_UM / 2 * px, _RED)
            _disc(density, x * px, y * px, 0.18 * RED_CELL_UM * px, 0.45 * _RED)
    for _ in range(settings.platelets):
        x, y = random.uniform(3, settings.size_um[0] - 3), random.uniform(3, settings.size_um[1] - 3)
        if all(np.hypot(x - a, y - b) > r + 2 for a, b, r in taken):
            _disc(density, x * px, y * px, PLATELET_UM / 2 * px, 0.5 * _NUCLEUS)
    for x, y in settings.smudges:
        for _ in range(12):
            away = random.normal(0, 3.0, 2)
            _disc(density, (x + away[0]) * px, (y + away[1]) * px, random.uniform(1, 3) * px, 0.22 * _NUCLEUS)
    boxes = []
    for x, y in settings.white:
        _disc(density, x * px, y * px, WHITE_CELL_UM / 2 * px, _CYTOPLASM)
        _disc(density, (x + 0.5) * px, y * px, NUCLEUS_UM / 2 * px, _NUCLEUS)
        half = WHITE_CELL_UM / 2
        boxes.append((px * (x - half), px * (y - half), px * (x + half), px * (y + half)))
    density = np.asarray(cv2.GaussianBlur(density, (0, 0), 0.15 * px), np.float64)
    density *= 1 + 0.05 * cv2.GaussianBlur(random.standard_normal((height, width)), (0, 0), 0.4 * px)[..., None]
    rgb = _SLIDE * np.exp(-density) + random.normal(0, 1.5, density.shape)
    return PhantomField(rgb=np.clip(rgb, 0, 255).astype(np.uint8), white=tuple(boxes), red_cell=RED_CELL_UM * px)


def _disc(density: NDArray[np.float64], x: float, y: float, radius: float, colour: NDArray[np.float64]) -> None:
    """Set the density of one disc; middles and radii to 1/16 px."""
    mask = np.zeros(density.shape[:2], np.uint8)
    centre = (round(16 * (x - 0.5)), round(16 * (y - 0.5)))
    cv2.circle(mask, centre, round(16 * radius), 1, -1, cv2.LINE_8, 4)
    density[mask > 0] = colour

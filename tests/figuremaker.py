"""Drawn figures for tests: disks and ellipses in one colour on black, and the features of one."""

import numpy as np
from numpy.typing import NDArray

from leukolens.research.older.features import cell_features

DOWN, ACROSS = np.mgrid[:450, :450] - 225
PURPLE, PALE = (66, 27, 84), (150, 120, 170)


def paint(*layers: tuple[NDArray[np.bool_], tuple[int, int, int]]) -> NDArray[np.uint8]:
    """Each mask in its colour on black, later ones above."""
    image = np.zeros((450, 450, 3), np.uint8)
    for mask, colour in layers:
        image[mask] = colour
    return image


def disk(radius: float, *, down: int = 0, across: int = 0) -> NDArray[np.bool_]:
    return np.asarray((DOWN - down) ** 2 + (ACROSS - across) ** 2 <= radius**2)


def ellipse(half_height: float, half_width: float) -> NDArray[np.bool_]:
    return np.asarray((DOWN / half_height) ** 2 + (ACROSS / half_width) ** 2 <= 1)


DISK = cell_features(paint((disk(100), PURPLE)), name="disk")
"""A disk of 100 px and one colour."""

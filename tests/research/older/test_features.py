"""Features are what geometry says on drawn figures, finite and equal on every reading, and never silently absent."""

import math

import numpy as np
import pytest
from figuremaker import ACROSS, DISK, DOWN, PURPLE, disk, ellipse, paint
from numpy.typing import NDArray

from leukolens.research.data.phantoms import draw_cell
from leukolens.research.older.features import cell_features


def test_the_place_in_the_image_does_not_matter() -> None:
    moved = cell_features(paint((disk(100, down=40, across=-70), PURPLE)), name="x")
    assert moved == DISK


@pytest.mark.parametrize(
    "mask",
    [disk(6), np.abs(DOWN) + 0 * ACROSS < 1, ellipse(200, 3), np.ones((450, 450), bool), disk(30) | disk(30, down=99)],
    ids=["tiny", "line", "needle", "everything", "two pieces"],
)
def test_odd_cells_still_give_finite_figures(mask: NDArray[np.bool_]) -> None:
    noise = np.random.default_rng(0).integers(1, 256, (450, 450, 3), np.uint8)
    found = cell_features(noise * mask[..., None].astype(np.uint8), name="x")
    assert list(found) == list(DISK)
    assert all(map(math.isfinite, found.values()))


def test_the_same_cell_gives_the_same_figures() -> None:
    cell = draw_cell("all", np.random.default_rng(3))
    assert cell_features(cell, name="x") == cell_features(cell.copy(), name="y")

"""Red cells tell the scale: drawn ones give it back, whether they touch, are cut or have a pale centre."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from leukolens.cells.scale import RED_CELL, scale_from_red_cells
from leukolens.cells.stain import Light

LIGHT = Light(colour=(236.0, 226.0, 222.0), share=0.8)


def smear(middles: list[tuple[int, int]], across: float, *, size: int = 400, hole: float = 0.0) -> NDArray[np.uint8]:
    """Disks of a red cell's colour on an empty slide."""
    rgb = np.full((size, size, 3), LIGHT.colour, np.uint8)
    for x, y in middles:
        cv2.circle(rgb, (16 * x, 16 * y), round(8 * across), (200, 150, 165), -1, cv2.LINE_AA, 4)
        if hole:
            cv2.circle(rgb, (16 * x, 16 * y), round(8 * hole * across), (225, 205, 208), -1, cv2.LINE_AA, 4)
    return rgb


APART = [(60 + 90 * column, 60 + 90 * row) for column in range(4) for row in range(4)]


@pytest.mark.parametrize("across", [30.0, 50.0, 72.0])
def test_drawn_red_cells_give_their_scale_back(across: float) -> None:
    found = scale_from_red_cells(smear(APART, across), LIGHT)
    assert found is not None
    assert found.um_per_px == pytest.approx(RED_CELL / across, rel=0.04)
    assert (found.source, found.red_cells) == ("red cells", 16)
    assert found.error == pytest.approx(0.04, abs=0.005)  # people differ by that much, however many cells there are


def test_pale_centres_touching_and_cut_cells_change_nothing() -> None:
    rows = [(20 + 40 * column, y) for column in range(10) for y in (100, 250)]  # chains, cut at both sides
    found = scale_from_red_cells(smear([*rows, (60, 350), (200, 350), (330, 350)], 42, hole=0.35), LIGHT)
    assert found is not None
    assert found.um_per_px == pytest.approx(RED_CELL / 42, rel=0.06)


def test_a_large_picture_has_its_own_scale_not_that_of_its_copy() -> None:
    found = scale_from_red_cells(smear([(4 * x, 4 * y) for x, y in APART], 200, size=1600), LIGHT)
    assert found is not None
    assert found.um_per_px == pytest.approx(RED_CELL / 200, rel=0.04)


def test_two_red_cells_tell_nothing() -> None:
    assert scale_from_red_cells(smear(APART[:2], 50), LIGHT) is None
    assert scale_from_red_cells(smear([], 50), LIGHT) is None

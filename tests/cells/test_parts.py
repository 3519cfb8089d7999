"""Connected parts and erosion in numpy are those of scipy.ndimage, which the inference path does without."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from leukolens.cells.parts import eroded, find_parts

EIGHT = np.ones((3, 3), int)


def masks() -> list[NDArray[np.bool_]]:
    """Noise of every density, in odd and even sides, alone and smoothed into blobs with holes."""
    random = np.random.default_rng(7)
    shapes = [(1, 1), (1, 9), (9, 1), (2, 2), (17, 30), (40, 41)]
    noise = [random.random(shape) < density for shape in shapes for density in (0.05, 0.3, 0.5, 0.8)]
    fields = [ndimage.gaussian_filter(random.standard_normal((60, 70)), 2) for _ in range(5)]
    return noise + [field > 0 for field in fields] + [np.zeros((8, 9), np.bool_), np.ones((8, 9), np.bool_)]


@pytest.mark.parametrize("mask", masks(), ids=str)
def test_parts_are_scipys_in_scipys_order(mask: NDArray[np.bool_]) -> None:
    labels, count = ndimage.label(mask, EIGHT)
    parts = find_parts(mask)
    assert list(parts.areas) == [int((labels == number).sum()) for number in range(1, count + 1)]
    for part in range(count):
        np.testing.assert_array_equal(parts.mask(part), labels == part + 1)


def test_a_spiral_is_one_part() -> None:
    """Its runs meet at last at the far end: labels must travel all along it."""
    spiral = np.zeros((31, 31), np.bool_)
    row, column, step, turn = 15, 15, 2, 0
    spiral[row, column] = True
    while step < 28:
        for _ in range(2):
            down, right = ((0, 1), (1, 0), (0, -1), (-1, 0))[turn % 4]
            for _ in range(step):
                row, column = row + down, column + right
                spiral[row, column] = True
            turn += 1
        step += 2
    assert ndimage.label(spiral)[1] == 1
    assert list(find_parts(spiral).areas) == [spiral.sum()]
    assert list(find_parts(spiral[::-1].T).areas) == [spiral.sum()]


def test_corners_join_and_rows_do_not_run_into_the_next() -> None:
    assert list(find_parts(np.eye(5, dtype=np.bool_)).areas) == [5]
    assert list(find_parts(np.eye(5, dtype=np.bool_)[::-1]).areas) == [5]
    ends = np.zeros((2, 5), np.bool_)
    ends[0, 4] = ends[1, 0] = True
    assert list(find_parts(ends).areas) == [1, 1]


@pytest.mark.parametrize("reach", [0, 1, 2, 3, 6])
def test_erosion_is_scipys_with_an_octagon(reach: int) -> None:
    square, diamond = reach // 2, reach - reach // 2
    octagon = (
        ndimage.binary_dilation(np.pad([[True]], reach), ndimage.generate_binary_structure(2, 1), iterations=diamond)
        if diamond
        else np.pad([[True]], reach)
    )
    octagon = ndimage.binary_dilation(octagon, EIGHT, iterations=square) if square else octagon
    for mask in masks():
        if min(mask.shape) <= 2 * reach:
            assert not eroded(mask, reach).size or not eroded(mask, reach).any()
            continue
        whole = ndimage.binary_erosion(mask, octagon, border_value=0)
        expected = whole[reach : mask.shape[0] - reach, reach : mask.shape[1] - reach]
        np.testing.assert_array_equal(eroded(mask, reach), expected)


def test_the_octagon_reaches_alike_in_every_direction() -> None:
    """As the docstring says: 6 along the axes, 1.06 times that along the diagonals."""
    point = np.ones((41, 41), np.bool_)
    point[20, 20] = False
    gone = ~eroded(point, 6)
    down, right = np.nonzero(gone)
    reach = np.abs(np.stack([down, right]) - 14)
    assert reach.max() == 6
    assert reach.sum(axis=0).max() / np.sqrt(2) == pytest.approx(1.06 * 6, rel=0.01)


def test_the_middle_is_scipys() -> None:
    for mask in masks():
        labels, count = ndimage.label(mask, EIGHT)
        parts = find_parts(mask)
        for part in range(count):
            row, column = ndimage.center_of_mass(labels == part + 1)
            assert parts.middle(part) == pytest.approx((row + 0.5, column + 0.5), rel=1e-12)

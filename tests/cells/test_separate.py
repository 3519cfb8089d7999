"""Middles are the hottest places, and each pixel of touching cells goes to the nearer one."""

import numpy as np
import pytest

from leukolens.cells.separate import Peak, peaks, separated

SIZE = np.full((30, 40), 20, np.float32)
"""Width and height of every cell, px of the picture."""


def heat(**at: float) -> np.ndarray:
    """(30, 40): 'r10_c12=0.9' is the heat of a place."""
    found = np.zeros((30, 40), np.float32)
    for place, value in at.items():
        row, column = (int(part[1:]) for part in place.split("_"))
        found[row, column] = value
    return found


def test_the_hottest_come_first_in_px_of_the_picture() -> None:
    found = peaks(heat(r5_c6=0.6, r20_c30=0.9, r25_c2=0.2), SIZE, SIZE, least=0.35)
    assert [(one.x, one.y) for one in found] == [(61.0, 41.0), (13.0, 11.0)]  # two px a place, at its middle
    assert [one.heat for one in found] == pytest.approx([0.9, 0.6])
    assert (found[0].width, found[0].height) == (20, 20)


def test_of_two_that_share_their_boxes_the_hotter_stays() -> None:
    assert len(peaks(heat(r10_c10=0.8, r10_c13=0.7), SIZE, SIZE, least=0.35)) == 1
    assert len(peaks(heat(r10_c10=0.8, r10_c18=0.7), SIZE, SIZE, least=0.35)) == 2


def test_touching_cells_are_parted_between_their_middles() -> None:
    cell = np.zeros((30, 40), np.float32)
    rows, columns = np.mgrid[:30, :40]
    for column in (13, 25):
        cell[np.hypot(rows - 15, columns - column) < 6.5] = 1
    middles = [Peak(x=2 * column + 1, y=31, width=26, height=26, heat=0.9) for column in (13, 25)]
    owner = separated(cell, middles, shape=(60, 80))
    assert owner.shape == (60, 80)
    assert set(np.unique(owner)) == {0, 1, 2}
    assert owner[31, 27] == 1
    assert owner[31, 51] == 2
    sizes = [(owner == number).sum() for number in (1, 2)]
    assert min(sizes) == pytest.approx(np.pi * 13**2, rel=0.1)
    assert (owner[:, :34] != 2).all()
    assert (owner[:, 46:] != 1).all()


def test_pixels_far_from_every_middle_are_nobody_s() -> None:
    everywhere = np.ones((30, 40), np.float32)
    owner = separated(everywhere, [Peak(x=20, y=20, width=20, height=20, heat=1)], shape=(60, 80))
    assert owner[20, 20] == 1
    assert owner[20, 34:].max() == 0
    assert not separated(everywhere, [], shape=(60, 80)).any()


def test_every_pixel_within_a_cell_has_an_owner() -> None:
    """A watershed by steps of colour let the background into flat cells."""
    cell = np.ones((30, 40), np.float32)
    middles = [Peak(x=30, y=30, width=30, height=40, heat=0.9), Peak(x=56, y=30, width=30, height=40, heat=0.8)]
    owner = separated(cell, middles, shape=(60, 80))
    rows, columns = np.mgrid[:60, :80] + 0.5
    inside = [np.hypot((columns - one.x) / 15, (rows - one.y) / 20) < 1.1 for one in middles]
    assert (owner[inside[0] | inside[1]] > 0).all()
    assert (owner[inside[0] & (columns < 43)] == 1).all()  # the middle between two alike
    assert (owner[inside[1] & (columns > 43)] == 2).all()


def test_a_larger_cell_reaches_further_towards_a_smaller_one() -> None:
    middles = [Peak(x=20, y=30, width=36, height=36, heat=0.9), Peak(x=50, y=30, width=24, height=24, heat=0.8)]
    owner = separated(np.ones((30, 40), np.float32), middles, shape=(60, 80))
    assert owner[30, 36] == 1  # 16.5 px of 18 from the one, 13.5 of 12 from the other
    assert owner[30, 39] == 2


def test_a_cell_of_few_pixels_has_its_ellipse() -> None:
    cell = np.zeros((30, 40), np.float32)
    cell[14:16, 19:21] = 1  # a lobe
    owner = separated(cell, [Peak(x=40, y=30, width=30, height=20, heat=0.9)], shape=(60, 80))
    assert (owner == 1).sum() == pytest.approx(np.pi * 15 * 10, rel=0.02)
    cut = separated(cell * 0, [Peak(x=40, y=57, width=30, height=20, heat=0.9)], shape=(60, 80))
    assert cut[59, 40] == 1  # at the edge, too

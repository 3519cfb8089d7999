"""A picture at another size: means downwards, never larger than asked for, and whole where it is small."""

import numpy as np

from leukolens.cells.shrink import resized, shrunk


def test_the_longer_side_is_what_was_asked_for() -> None:
    rgb = np.zeros((300, 600, 3), np.uint8)
    assert shrunk(rgb, 150).shape == (75, 150, 3)
    assert shrunk(rgb.transpose(1, 0, 2), 150).shape == (150, 75, 3)
    assert shrunk(rgb, 600) is rgb
    assert shrunk(rgb, 601) is rgb


def test_downwards_it_is_the_mean_of_areas() -> None:
    checks = np.zeros((8, 8, 3), np.uint8)
    checks[::2, ::2] = checks[1::2, 1::2] = 200
    np.testing.assert_array_equal(resized(checks, 0.5), np.full((4, 4, 3), 100))


def test_upwards_it_keeps_the_middles_and_a_mask_its_two_axes() -> None:
    mask = np.zeros((5, 5), np.uint8)
    mask[2, 2] = 255
    large = resized(mask, 3)
    assert large.shape == (15, 15)
    assert large[7, 7] > 200
    assert large[:2].max() == 0


def test_nothing_vanishes() -> None:
    assert resized(np.ones((2, 100, 3), np.uint8), 0.01).shape == (1, 1, 3)

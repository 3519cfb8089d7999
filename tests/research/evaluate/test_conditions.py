"""evaluation.conditions: each change does what its name says, and black stays black."""

import numpy as np
import pytest
from scipy.ndimage import center_of_mass

from leukolens.research.evaluate import conditions
from leukolens.research.evaluate.conditions import CONDITIONS


def cells() -> np.ndarray:
    """Two discs of radius 20 px in 64 px, coloured at random."""
    across, down = np.meshgrid(np.arange(64) - 31.5, np.arange(64) - 31.5)
    rgb = np.random.default_rng(0).uniform(40, 160, (2, 3, 64, 64)).astype(np.float32)
    return np.where(np.hypot(across, down) < 20, rgb, 0).astype(np.float32)


@pytest.mark.parametrize("name", CONDITIONS)
def test_shape_and_range_are_kept(name: str) -> None:
    found = CONDITIONS[name](cells(), range(len(cells())))
    assert found.shape == cells().shape
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 255
    assert (name == "as they are") == np.array_equal(found, cells())


@pytest.mark.parametrize("name", [name for name in CONDITIONS if "×" in name and "size" not in name])
def test_a_change_of_colour_leaves_the_background_black(name: str) -> None:
    assert not CONDITIONS[name](cells(), range(len(cells())))[:, :, :5].any()


def test_grey_keeps_the_value() -> None:
    found = conditions.grey(cells())
    np.testing.assert_array_equal(found[:, 0], cells().max(axis=1))
    np.testing.assert_array_equal(found[:, 0], found[:, 2])


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_a_resized_cell_has_the_area_and_stays_in_the_middle(factor: float) -> None:
    before, after = (rgb[0].max(axis=0) > 20 for rgb in (cells(), conditions.resized(cells(), factor)))
    assert after.sum() / before.sum() == pytest.approx(factor**2, rel=0.06)
    assert center_of_mass(after) == pytest.approx((31.5, 31.5), abs=1)


def test_more_haematoxylin_is_darker() -> None:
    more, less = (conditions.restained(cells(), (factor, 1.0, 1.0)).mean() for factor in (1.25, 0.8))
    assert more < cells().mean() < less


def test_a_stain_unchanged_is_the_cell() -> None:
    np.testing.assert_allclose(conditions.restained(cells(), (1.0, 1.0, 1.0)), cells(), atol=0.02)


def test_jpeg_of_lower_quality_is_further_away() -> None:
    errors = [np.abs(conditions.compressed(cells(), quality) - cells()).mean() for quality in (95, 75, 30)]
    assert errors[0] < errors[1] < errors[2]

"""A region's shape is what geometry says of drawn figures."""

import math

import pytest
from figuremaker import DISK, PURPLE, disk, ellipse, paint

from leukolens.research.older.features import cell_features


def test_a_disk_is_round() -> None:
    assert DISK["shape.cell_area"] == pytest.approx(math.pi * 100**2, rel=0.002)
    assert DISK["shape.cell_perimeter"] == pytest.approx(2 * math.pi * 100, rel=0.01)
    assert DISK["shape.cell_circularity"] == pytest.approx(1, abs=0.02)
    assert DISK["shape.cell_eccentricity"] == pytest.approx(0, abs=0.02)
    assert DISK["shape.cell_elongation"] == pytest.approx(0, abs=0.01)
    assert DISK["shape.cell_convexity"] == pytest.approx(1, abs=0.01)
    assert DISK["shape.cell_solidity"] == pytest.approx(1, abs=0.01)
    assert DISK["shape.cell_extent"] == pytest.approx(math.pi / 4, abs=0.01)
    assert DISK["shape.cell_hu1"] == pytest.approx(math.log10(1 / (2 * math.pi)), abs=0.001)


def test_an_ellipse_is_as_long_as_its_axes() -> None:
    found = cell_features(paint((ellipse(120, 60), PURPLE)), name="x")
    assert found["shape.cell_axis_ratio"] == pytest.approx(2, rel=0.01)
    assert found["shape.cell_elongation"] == pytest.approx(0.5, abs=0.01)
    assert found["shape.cell_eccentricity"] == pytest.approx(math.sqrt(3) / 2, abs=0.005)
    assert found["shape.cell_area"] == pytest.approx(math.pi * 120 * 60, rel=0.002)


def test_a_bite_makes_a_cell_less_solid() -> None:
    found = cell_features(paint((disk(100) & ~disk(50, across=90), PURPLE)), name="x")
    assert found["shape.cell_solidity"] < 0.95
    assert found["shape.cell_convexity"] < 0.97

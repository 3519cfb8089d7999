"""Colours and grey levels are those that were painted."""

import pytest
from figuremaker import ACROSS, DISK, PALE, PURPLE, disk, paint

from leukolens.research.older.colour import colour_features, statistics_features
from leukolens.research.older.regions import find_regions


def test_colours_are_those_painted() -> None:
    assert DISK["colour.cell_red_mean"] == pytest.approx(66 / 255)
    assert DISK["colour.cell_value_mean"] == pytest.approx(84 / 255)
    assert DISK["colour.cell_red_std"] == pytest.approx(0, abs=1e-6)
    assert DISK["colour.cytoplasm_red_mean"] == 0  # one colour: all nucleus


def test_the_cytoplasm_is_the_cell_less_its_nucleus() -> None:
    regions = find_regions(paint((disk(100), PALE), (disk(70), PURPLE)), name="x")
    found = colour_features(regions)
    share = float(regions.nucleus.sum() / regions.cell.sum())
    mean = share * found["colour.nucleus_red_mean"] + (1 - share) * found["colour.cytoplasm_red_mean"]
    assert found["colour.cell_red_mean"] == pytest.approx(mean)
    assert len(found) == 3 * 9 * 3


def test_statistics_of_two_equal_peaks_by_hand() -> None:
    stripes = disk(100) & (ACROSS % 2 == 0)
    found = statistics_features(find_regions(paint((disk(100), (40, 40, 40)), (stripes, (80, 80, 80))), name="x"))
    assert found["statistics.cell_variance"] == pytest.approx(400, rel=1e-3)
    assert found["statistics.cell_skewness"] == pytest.approx(0, abs=0.03)
    assert found["statistics.cell_energy"] == pytest.approx(0.5, abs=1e-3)
    assert found["statistics.cell_entropy"] == pytest.approx(1, abs=1e-3)

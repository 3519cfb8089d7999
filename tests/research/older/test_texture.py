"""Texture is what can be counted by hand on drawn figures; the background takes no part in it."""

import pytest
from figuremaker import ACROSS, DISK, disk, paint

from leukolens.research.older.features import cell_features
from leukolens.research.older.texture import zigzag


def test_a_uniform_disk_has_no_texture() -> None:
    for distance in (1, 2, 4, 8):
        assert DISK[f"glcm.contrast_d{distance}"] == 0
        assert DISK[f"glcm.dissimilarity_d{distance}"] == 0
        assert DISK[f"glcm.homogeneity_d{distance}"] == 1
        assert DISK[f"glcm.asm_d{distance}"] == 1
    assert DISK["statistics.cell_mean"] == 45  # luma of (66, 27, 84)
    assert DISK["statistics.cell_energy"] == 1
    assert DISK["statistics.cell_entropy"] == DISK["statistics.cell_variance"] == DISK["statistics.cell_skewness"] == 0
    assert DISK["lbp.r1_08"] == DISK["lbp.r2_16"] == 1  # every neighbour as bright as the middle


def test_background_pairs_do_not_count() -> None:
    stripes = disk(100) & (ACROSS % 2 == 0)
    found = cell_features(paint((disk(100), (40, 40, 40)), (stripes, (80, 80, 80))), name="x")
    steps = (80 // 4 - 40 // 4) ** 2  # of 64 grey levels
    assert found["glcm.contrast_d1"] == pytest.approx(0.75 * steps)  # all but the vertical pairs
    assert found["glcm.contrast_d2"] == pytest.approx(0.5 * steps)  # the slanting pairs are one column apart
    assert found["glcm.contrast_d8"] == 0  # eight or six columns apart, an even number at every angle
    assert found["statistics.cell_mean"] == pytest.approx(60, abs=0.5)
    assert found["statistics.cell_kurtosis"] == pytest.approx(-2, abs=0.01)  # two equal peaks


def test_the_mean_is_the_first_dct_coefficient() -> None:
    # orthonormal: sum / side
    assert DISK["dct.00"] == pytest.approx(DISK["shape.cell_area"] * 45 / 255 / 450, rel=1e-4)
    assert DISK["dct.01"] == pytest.approx(0, abs=0.1)  # nothing odd in a centred disk
    assert zigzag(6) == [(0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2)]

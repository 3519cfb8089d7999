"""A nucleus' stain at the edge is a cut cell; red cells there, specks and what lies inside are not."""

import numpy as np
import pytest

from leukolens.cells.edge import remains

UM_PER_PX = 0.3125
NUCLEUS, RED = (1.0, 1.4, 0.5), (0.3, 0.6, 0.3)
"""Optical densities."""


def scene(*, nucleus: tuple[float, float, float] = NUCLEUS) -> tuple[np.ndarray, np.ndarray]:
    """(100, 120, 3) density with one whole nucleus and red cells, one of them at the edge; (100, 120) where it is."""
    random = np.random.default_rng(0)
    density = np.zeros((100, 120, 3), np.float32)
    rows, columns = np.mgrid[:100, :120]
    for y, x in ((20, 20), (20, 60), (70, 20), (0, 100), (70, 100)):
        density[np.hypot(rows - y, columns - x) < 10] = RED
    inside = np.hypot(rows - 50, columns - 60) < 12
    density[inside] = nucleus
    return np.asarray(density + random.normal(0, 0.05, density.shape), np.float32), inside


def test_a_part_in_the_nuclei_s_stain_is_found_where_it_touches_the_edge() -> None:
    density, inside = scene()
    density[94:, 50:65] = NUCLEUS
    ((mask, likeness),) = remains(density, inside, inside, um_per_px=UM_PER_PX)
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((94, 99, 50, 64), abs=1)
    assert likeness == pytest.approx(1, abs=0.05)


def test_specks_and_parts_inside_are_not() -> None:
    density, inside = scene()
    density[97:, 50:55] = NUCLEUS  # 1.5 µm²
    density[70:76, 60:70] = NUCLEUS
    assert remains(density, inside, inside, um_per_px=UM_PER_PX) == []


def test_what_the_finder_has_outlined_is_not_found_twice() -> None:
    density, inside = scene()
    density[94:, 50:65] = NUCLEUS
    known = inside.copy()
    known[93:, 49:66] = True
    assert remains(density, inside, known, um_per_px=UM_PER_PX) == []


def test_where_nuclei_look_like_red_cells_nothing_is_said() -> None:
    alike = (0.32, 0.62, 0.3)
    density, inside = scene(nucleus=alike)
    density[94:, 50:65] = alike
    assert remains(density, inside, inside, um_per_px=UM_PER_PX) == []


def test_without_a_whole_white_cell_nothing_is_said() -> None:
    density, inside = scene()
    density[94:, 50:65] = NUCLEUS
    nothing = np.zeros_like(inside)
    assert remains(density, nothing, inside, um_per_px=UM_PER_PX) == []

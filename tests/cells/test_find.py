"""A view's white cells: where, how large, touching or cut; and outlines that can be filled again."""

import numpy as np
import pytest

from leukolens.cells.find import View, cells_in, filled, red_cells, view_of
from leukolens.cells.network import RED_CELL_PX
from leukolens.cells.stain import find_light
from leukolens.research.data.phantom_fields import NUCLEUS_UM, WHITE_CELL_UM, FieldSettings, draw_field


def seen(settings: FieldSettings) -> View:
    rgb = draw_field(settings).rgb
    return view_of(rgb, find_light(rgb), um_per_px=settings.um_per_px)


ONE = FieldSettings(white=((40.0, 30.0),), um_per_px=0.12)


def test_a_view_is_at_the_network_s_size() -> None:
    view = seen(ONE)
    assert view.factor == pytest.approx(0.12 * RED_CELL_PX / 7.5)
    assert view.density.shape == (round(500 * view.factor), round(667 * view.factor), 3)
    assert view.um_per_px == pytest.approx(0.3125)


def test_a_cell_is_measured_in_px_of_the_picture_and_in_um() -> None:
    (cell,) = cells_in(seen(ONE))
    half = WHITE_CELL_UM / 2
    expected = np.array([40 - half, 30 - half, 40 + half, 30 + half]) / 0.12
    np.testing.assert_allclose(cell.box, expected, atol=8)
    assert cell.area == pytest.approx(np.pi * half**2, rel=0.15)
    assert cell.nucleus_area == pytest.approx(np.pi * (NUCLEUS_UM / 2) ** 2, rel=0.25)
    np.testing.assert_allclose(cell.box, [*cell.outline.min(0), *cell.outline.max(0)], atol=0.01)
    assert (cell.touching, cell.kind, cell.reason) == (False, "lymphoid", "")
    assert 0.5 <= cell.confidence <= 1


def test_cells_come_from_top_to_bottom_and_touching_and_cut_are_told() -> None:
    cells = cells_in(seen(FieldSettings(white=((30.0, 40.0), (41.0, 40.0), (60.0, 2.0)), um_per_px=0.15, red=10)))
    assert len(cells) == 3
    assert [cell.box[1] for cell in cells] == sorted(cell.box[1] for cell in cells)
    assert [(cell.kind, cell.touching) for cell in cells] == [("cut", False), ("lymphoid", True), ("lymphoid", True)]
    assert cells[0].reason == "is cut by the picture's edge"


def test_what_the_edge_leaves_of_a_cell_is_cut() -> None:
    deep = NUCLEUS_UM / 2 - 2.5
    cells = cells_in(seen(FieldSettings(white=((40.0, 30.0), (60.0, -deep)), um_per_px=0.12)))
    cut, whole = cells
    assert (cut.kind, whole.kind) == ("cut", "lymphoid")
    assert cut.box[1] == pytest.approx(0, abs=3)
    assert 0.5 * (cut.box[0] + cut.box[2]) == pytest.approx(60 / 0.12, abs=10)
    assert cut.reason == "is cut by the picture's edge"


def test_red_cells_of_the_view_have_a_red_cell_s_size() -> None:
    diameters = list(red_cells(seen(ONE).maps))
    assert len(diameters) >= 5
    assert np.median(diameters) == pytest.approx(RED_CELL_PX, rel=0.2)


def test_an_outline_is_filled_at_any_size_and_from_any_corner() -> None:
    square = np.array([[10, 10], [20, 10], [20, 20], [10, 20]], np.float32)
    assert (filled(square, (40, 40)) > 0).sum() == pytest.approx(100, abs=25)
    mask = filled(square, (40, 40), factor=3, corner=(8, 8)) > 0
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((6, 35, 6, 35), abs=1)

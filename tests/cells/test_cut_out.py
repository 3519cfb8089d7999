import numpy as np
import pytest

from leukolens.cells.cut_out import CNMC_UM_PER_PX, SIDE, cut_out
from leukolens.cells.field import find_cells
from leukolens.cells.quality import measure
from leukolens.research.data.phantom_fields import WHITE_CELL_UM, FieldSettings, draw_field


@pytest.mark.parametrize("um_per_px", [0.04, 0.15])
def test_a_cell_has_cnmcs_form_and_scale(um_per_px):
    rgb = draw_field(FieldSettings(um_per_px=um_per_px, size_um=(60, 50), white=((25, 25),))).rgb
    (cell,) = find_cells(rgb, um_per_px)
    image = cut_out(rgb, cell, um_per_px=um_per_px)
    assert image.shape == (SIDE, SIDE, 3)
    seen = measure(image)
    assert (seen.background, seen.border, seen.cells) == (0, 0, 1)
    assert seen.offset < 3
    across = np.sqrt(4 * image.any(2).sum() / np.pi)
    assert across == pytest.approx(WHITE_CELL_UM / CNMC_UM_PER_PX, rel=0.1)

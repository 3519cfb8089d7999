"""Cut-outs and fields are told apart, however the one is stained and the other photographed."""

import numpy as np
import pytest
import realdata

from leukolens.cells.picture import picture_kind
from leukolens.images.decode import decode, read_file, read_rgb
from leukolens.research.data.phantom_fields import FieldSettings, draw_field
from leukolens.research.data.phantoms import draw_cell

CELL = draw_cell("all", np.random.default_rng(0))
FIELD = draw_field(FieldSettings()).rgb


def round_picture(rgb: np.ndarray, radius: float) -> np.ndarray:
    """As a phone takes it through an eyepiece; radius: of half the shorter side."""
    height, width = rgb.shape[:2]
    y, x = np.mgrid[:height, :width]
    outside = np.hypot(x - width / 2, y - height / 2) > radius * min(height, width) / 2
    return np.where(outside[..., None], np.uint8(3), rgb)


@pytest.mark.parametrize(
    "rgb",
    [CELL, CELL[75:-75, 75:-75], CELL // 2, np.zeros((450, 450, 3), np.uint8), np.minimum(CELL, 200).mean(2)],
    ids=["cell", "cut close", "dark", "black", "grey"],
)
def test_one_cell_on_black_is_a_cut_out(rgb: np.ndarray) -> None:
    rgb = np.repeat(rgb[..., None], 3, 2).astype(np.uint8) if rgb.ndim == 2 else rgb
    assert picture_kind(rgb) == "cut-out"


@pytest.mark.parametrize(
    "rgb",
    [FIELD, FIELD // 3, round_picture(FIELD, 1.0), round_picture(FIELD, 0.85), np.full((9, 9, 3), 30, np.uint8)],
    ids=["field", "dark", "round", "smaller", "grey"],
)
def test_anything_else_is_a_field(rgb: np.ndarray) -> None:
    assert picture_kind(rgb) == "field"


def test_a_pillow_image_is_answered_alike() -> None:
    path = realdata.shared("fields/all_fields/peybey/11.jpg")
    assert picture_kind(decode(read_file(path), name=path)) == picture_kind(read_rgb(path)) == "field"

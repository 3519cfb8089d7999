"""The finder's network: maps at half the picture's size, the same seen whole or in tiles, hot where the cells are."""

from pathlib import Path

import numpy as np
import pytest

from leukolens.cells import network
from leukolens.cells.network import RED_CELL_PX, STRIDE, see
from leukolens.cells.shrink import resized
from leukolens.cells.stain import find_light, optical_density
from leukolens.research.data.phantom_fields import RED_CELL_UM, FieldSettings, draw_field

UM_PER_PX = RED_CELL_UM / RED_CELL_PX
DRAWN = draw_field(FieldSettings(um_per_px=0.15))
DENSITY = optical_density(resized(DRAWN.rgb, 0.15 / UM_PER_PX), find_light(DRAWN.rgb))


def test_maps_are_half_the_size_and_between_0_and_1() -> None:
    odd = DENSITY[:101, :75]
    maps = see(odd)
    for name, values in vars(maps).items():
        assert values.shape == (51, 38), name
        low, high = (RED_CELL_PX * np.exp(-3), RED_CELL_PX * np.exp(3)) if name in ("width", "height") else (0, 1)
        assert low <= values.min() <= values.max() <= high, name


def test_white_cells_are_hot_where_they_were_drawn() -> None:
    maps = see(DENSITY)
    factor = 0.15 / UM_PER_PX
    for x0, y0, x1, y1 in DRAWN.white:
        row, column = (int((a + b) / 2 * factor / STRIDE) for a, b in ((y0, y1), (x0, x1)))
        assert maps.white[row - 3 : row + 4, column - 3 : column + 4].max() > 0.5
        assert maps.cell[row, column] > 0.5
        assert maps.nucleus[row, column] > 0.5
        assert maps.width[row, column] == pytest.approx((x1 - x0) * factor, rel=0.2)
    assert maps.red.max() > 0.5
    assert (maps.white > 0.5).mean() < 0.05


def test_tiles_give_the_maps_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = see(DENSITY)
    monkeypatch.setattr(network, "_TILE", 160)
    tiled = see(DENSITY)
    for name in ("white", "cell", "nucleus"):
        apart = np.abs(getattr(whole, name) - getattr(tiled, name))
        assert np.percentile(apart, 99) < 0.02, name
        assert apart.shape == getattr(whole, name).shape


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"none\.onnx"):
        see(DENSITY[:32, :32], model=tmp_path / "none.onnx")

"""Drawn fields hold what was asked for, at the scale that was asked for, and the same settings give the same pixels."""

import cv2
import numpy as np
import pytest

from leukolens.research.data.phantom_fields import NUCLEUS_UM, RED_CELL_UM, WHITE_CELL_UM, FieldSettings, draw_field

ALONE = FieldSettings(white=((40.0, 30.0),), red=0, platelets=0)


def test_the_size_is_that_of_the_field_over_a_pixel_s() -> None:
    found = draw_field(FieldSettings(size_um=(60, 50), um_per_px=0.25))
    assert found.rgb.shape == (200, 240, 3)
    assert found.rgb.dtype == np.uint8
    assert found.red_cell == pytest.approx(RED_CELL_UM / 0.25)


def test_a_white_cell_fills_its_box_and_its_nucleus_is_darker() -> None:
    found = draw_field(ALONE)
    (box,) = found.white
    half = WHITE_CELL_UM / 2
    assert box == pytest.approx([side / 0.15 for side in (40 - half, 30 - half, 40 + half, 30 + half)])
    blood = found.rgb[..., 1] < 190  # the slide has 226
    rows, columns = np.nonzero(blood)
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == pytest.approx(box, abs=4)
    assert (found.rgb[..., 1] < 90).sum() == pytest.approx(np.pi * (NUCLEUS_UM / 2 / 0.15) ** 2, rel=0.1)


def test_red_cells_neither_touch_nor_cover_a_white_one() -> None:
    settings = FieldSettings(white=(), red=12, platelets=0, size_um=(120, 90))
    parts, _, stats, _ = cv2.connectedComponentsWithStats((draw_field(settings).rgb[..., 1] < 195).astype(np.uint8))
    whole = [one for one in stats[1:] if one[cv2.CC_STAT_AREA] > 900 and one[cv2.CC_STAT_LEFT] > 0]
    assert parts > 5
    assert max(one[cv2.CC_STAT_WIDTH] for one in whole) < 1.2 * RED_CELL_UM / 0.15


def test_a_seed_is_a_field() -> None:
    first, again, other = (draw_field(FieldSettings(seed=seed)).rgb for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_smudge_is_drawn_where_it_was_asked_for() -> None:
    plain, smudged = (draw_field(FieldSettings(white=(), red=0, platelets=0, smudges=one)) for one in ((), ((20, 20),)))
    apart = np.abs(plain.rgb.astype(int) - smudged.rgb).max(2) > 30
    rows, columns = np.nonzero(apart)
    assert apart.sum() > 500
    assert (columns.mean() * 0.15, rows.mean() * 0.15) == pytest.approx((20, 20), abs=4)
    assert smudged.white == ()

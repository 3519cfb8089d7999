"""Each reason is given by the picture that it is about, and by no good one."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from leukolens.cells.reasons import COARSEST, of_the_picture, of_the_scale, of_the_stain
from leukolens.cells.scale import Scale
from leukolens.cells.stain import Light, find_light
from leukolens.research.data.phantom_fields import FieldSettings, draw_field

RGB = draw_field(FieldSettings()).rgb


def kinds(rgb: NDArray[np.uint8], light: Light | None = None) -> list[str]:
    return [reason.kind for reason in of_the_picture(rgb, light or find_light(rgb))]


def scale(um_per_px: float, error: float = 0.05) -> Scale:
    return Scale(um_per_px=um_per_px, error=error, source="red cells", red_cells=4)


def test_a_good_field_has_none() -> None:
    assert kinds(RGB) == []
    assert list(of_the_scale(scale(COARSEST))) == []


@pytest.mark.parametrize(
    ("found", "kind", "text"),
    [
        (None, "no scale", "fewer than two whole red cells"),
        (scale(0.35), "too coarse", "is too coarse to be judged (0.35 µm per px, red cells; at most 0.22)"),
        (scale(0.1, error=0.3), "no scale", "gives its scale only to within 30 % (4 red cells)"),
    ],
)
def test_the_scale_s_reasons(found: Scale | None, kind: str, text: str) -> None:
    (reason,) = of_the_scale(found)
    assert reason.kind == kind
    assert text in reason.text
    assert reason.hint
    assert not reason.hint.endswith(".")


@pytest.mark.parametrize(
    ("density", "text"),
    [
        ((0.74, 0.85, 0.08), ""),  # peybey's blasts, 253°
        ((0.40, 0.98, 0.25), ""),  # TXL-PBC's, 284°
        ((0.25, 0.98, 0.40), "has a stain that cannot be brought to the one that the model knows (hue 316°, 225–315°)"),
        ((0.30, 0.60, 0.90), "has a stain that cannot be brought to the one that the model knows (hue 26°, 225–315°)"),
        ((0.80, 0.82, 0.78), "shows its white cells in grey (saturation 0.04, at least 0.15)"),
    ],
)
def test_the_stain_is_looked_at_before_it_is_brought_to_another(density: tuple[float, ...], text: str) -> None:
    found = list(of_the_stain(np.array(density)))
    assert [(reason.kind, reason.text) for reason in found] == ([("other stain", text)] if text else [])


def test_out_of_focus() -> None:
    random = np.random.default_rng(0).normal(0, 1.5, RGB.shape)
    blurred = cv2.GaussianBlur(RGB, (0, 0), 40) + random  # the camera's grain stays
    assert kinds(np.clip(blurred, 0, 255).astype(np.uint8)) == ["focus"]


def test_too_dark_is_all_that_is_said() -> None:
    assert kinds((RGB * 0.2).astype(np.uint8)) == ["dark"]


def test_a_screenshot_has_no_grain() -> None:
    drawn = np.full((300, 300, 3), (230, 220, 215), np.uint8)
    cv2.circle(drawn, (150, 150), 40, (90, 50, 130), -1)
    assert kinds(drawn) == ["screenshot"]


def test_a_round_picture_on_black() -> None:
    rows, columns = np.mgrid[: RGB.shape[0], : RGB.shape[1]]
    middle = (RGB.shape[0] / 2, RGB.shape[1] / 2)
    inside = np.hypot(rows - middle[0], columns - middle[1]) < middle[0]
    assert "vignette" in kinds(RGB * inside[..., None].astype(np.uint8), find_light(RGB))


def test_no_empty_slide_is_no_smear() -> None:
    assert kinds(RGB, Light(colour=(236.0, 226.0, 222.0), share=0.01)) == ["not a smear"]

"""A cell's thumbnail is 112 px or a little more a side, and near its pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from leukolens.predict.thumbnail import as_jpeg, thumbnail


def two_halves() -> Image.Image:
    """224×224 px: the left half purple, the right black."""
    rgb = np.zeros((224, 224, 3), np.uint8)
    rgb[:, :112] = (90, 40, 120)
    return Image.fromarray(rgb)


def decoded(jpeg: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        return np.asarray(picture).astype(int)


def test_a_thumbnail_is_half_the_size_and_keeps_its_colours() -> None:
    pixels = decoded(thumbnail(two_halves()))
    assert pixels.shape == (112, 112, 3)
    assert np.abs(pixels[:, :48] - (90, 40, 120)).max() <= 6
    assert pixels[:, 64:].max() <= 6


@pytest.mark.parametrize(("side", "shown"), [(112, 112), (128, 128), (64, 64), (300, 150)])
def test_no_thumbnail_is_smaller_than_the_half_forms_input(side: int, shown: int) -> None:
    assert decoded(thumbnail(two_halves().resize((side, side)))).shape == (shown, shown, 3)


def test_a_jpeg_is_as_large_as_its_image() -> None:
    assert decoded(as_jpeg(two_halves())).shape == (224, 224, 3)

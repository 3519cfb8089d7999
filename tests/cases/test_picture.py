"""A cell's picture is half as large, near its pixels, and its evidence comes back to the bit."""

import io

import numpy as np
from PIL import Image

from leukolens.cases.picture import evidence_of, picture_of, thumbnail
from leukolens.predict.prediction import Prediction

EVIDENCE = np.linspace(-3, 3, 49, dtype=np.float32).reshape(7, 7)


def two_halves() -> np.ndarray:
    """(224, 224, 3): the left half purple, the right black."""
    rgb = np.zeros((224, 224, 3), np.uint8)
    rgb[:, :112] = (90, 40, 120)
    return rgb


def prediction(**values: object) -> Prediction:
    return Prediction(path="a", verdict="ALL", p_all=0.9, model_id="0" * 12, **values)  # type: ignore[arg-type]


def test_a_thumbnail_is_half_the_size_and_keeps_its_colours() -> None:
    with Image.open(io.BytesIO(thumbnail(two_halves()))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (112, 112))
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(pixels[:, :48] - (90, 40, 120)).max() <= 6
    assert pixels[:, 64:].max() <= 6


def test_evidence_comes_back_to_the_bit() -> None:
    picture = picture_of(prediction(pixels=two_halves(), evidence=EVIDENCE))
    assert picture is not None
    assert picture.jpeg == thumbnail(two_halves())
    assert picture.evidence == EVIDENCE.astype("<f4").tobytes()
    found = evidence_of(picture.evidence)
    assert found.dtype == np.float32
    assert np.array_equal(found, EVIDENCE)


def test_what_was_not_looked_at_has_none() -> None:
    assert picture_of(prediction()) is None
    picture = picture_of(prediction(pixels=two_halves()))
    assert picture is not None
    assert picture.evidence is None

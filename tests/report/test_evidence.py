"""Colours of an evidence map: one scale of rising lightness, ends where they are said to be."""

import base64
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from leukolens.report.evidence import data_uri, evidence_map


def drawn(evidence: NDArray[np.float32], full: float) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(evidence_map(evidence, full=full))) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize(
    ("value", "colour"),
    [(-4, (0, 34, 78)), (-9, (0, 34, 78)), (0, (125, 124, 120)), (2, (188, 174, 108)), (4, (254, 232, 56))],
)
def test_colours_are_cividis_and_end_at_full(value: float, colour: tuple[int, int, int]) -> None:
    found = drawn(np.full((7, 7), value, np.float32), 4.0)
    assert found.shape == (7, 7, 3)
    assert (found == colour).all()


def test_every_position_has_its_pixel_and_more_evidence_is_lighter() -> None:
    evidence = np.linspace(-1, 1, 49, dtype=np.float32).reshape(7, 7)
    luma = drawn(evidence, 1.0).astype(float) @ (0.299, 0.587, 0.114)
    assert (np.diff(luma.ravel()) > 0).all()


def test_a_data_uri_holds_the_bytes() -> None:
    uri = data_uri(b"\x89PNG\x00", "png")
    assert uri.startswith("data:image/png;base64,")
    assert base64.b64decode(uri.partition(",")[2]) == b"\x89PNG\x00"

"""Whatever is given is opened, or says why not."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from leukolens.base.errors import ImageError
from leukolens.predict.given import opened


def test_a_file_and_its_bytes_are_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.bmp"
    file.write_bytes(b"cell")
    from_file, from_bytes = opened(file, 0), opened(b"cell", 7)
    assert from_file.image == from_bytes.image == b"cell"
    assert from_file.sha256 == from_bytes.sha256 == hashlib.sha256(b"cell").hexdigest()
    assert (from_file.name, from_bytes.name) == (str(file), "bytes 7")


def test_pictures_in_memory_are_rgb() -> None:
    rgb = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert opened(rgb, 0).image is rgb
    np.testing.assert_array_equal(opened(Image.fromarray(rgb), 1).image, rgb)


@pytest.mark.parametrize("given", [np.zeros((2, 2), np.uint8), 7, None, "absent.png"])
def test_anything_else_says_why(given: object) -> None:
    found = opened(given, 3)
    assert isinstance(found.image, ImageError)
    assert found.sha256 == ""

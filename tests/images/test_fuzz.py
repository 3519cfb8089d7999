"""Whatever the bytes, the answer is an image or an ImageError with a reason; dev/fuzz/images.py runs longer."""

import warnings

import numpy as np
import pytest
from imagemutants import WAYS, mutants

from leukolens.base.errors import ImageError
from leukolens.images.decode import decode_rgb


@pytest.mark.parametrize("kind", WAYS)
def test_a_thousand_mutated_files_give_an_image_or_an_image_error(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    decoded = refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for data in mutants(kind, 1000, seed=0):
            try:
                rgb = decode_rgb(data, name="cell")
            except ImageError:
                refused += 1
            else:
                assert rgb.dtype == np.uint8
                assert rgb.ndim == 3
                assert rgb.shape[2] == 3
                decoded += 1
    assert refused > 100  # the accidents are ones
    assert decoded > 100 or kind == "PNG"  # zlib's own checksum refuses nearly all of these
    told = capfd.readouterr().err.splitlines()
    assert all(line.startswith("cell: ") for line in told)  # libtiff's messages too have their file

"""The nucleus is the darker part of a drawn cell; an image without a cell is named."""

import numpy as np
import pytest
from figuremaker import PALE, PURPLE, disk, paint
from numpy.typing import NDArray

from leukolens.base.errors import ImageError
from leukolens.research.older.features import cell_features
from leukolens.research.older.regions import find_regions


def test_the_darker_part_is_the_nucleus() -> None:
    image = paint((disk(100), PALE), (disk(70), PURPLE))
    found = cell_features(image, name="x")
    assert found["shape.nucleus_cell_ratio"] == pytest.approx(0.49, abs=0.02)
    assert found["zack.nucleus_cell_ratio"] == pytest.approx(0.49, abs=0.02)
    assert found["shape.nucleus_circularity"] == pytest.approx(1, abs=0.03)
    assert found["colour.nucleus_red_mean"] == pytest.approx(66 / 255, abs=0.01)
    assert found["colour.cytoplasm_red_mean"] == pytest.approx(150 / 255, abs=0.01)


def test_one_colour_is_all_nucleus() -> None:
    regions = find_regions(paint((disk(60), PURPLE)), name="x")
    assert np.array_equal(regions.nucleus, regions.cell)
    assert np.array_equal(regions.zack_nucleus, regions.cell)


@pytest.mark.parametrize("image", [paint(), paint((disk(4), PURPLE))], ids=["black", "specks"])
def test_no_cell_is_an_error_that_names_the_file(image: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageError, match=r"some\.bmp: holds no cell"):
        cell_features(image, name="some.bmp")

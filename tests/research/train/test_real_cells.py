"""A handful of C-NMC's own cells go through: unpacked as the challenge ships them, indexed, read, measured."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from realdata import unpacked

from leukolens.images.decode import read_rgb
from leukolens.model.preprocess import Preprocess, half_extent
from leukolens.research.data.index import index
from leukolens.research.data.store import open_store


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("real"), every=100)


def test_real_cells_are_listed(real: Path) -> None:
    found = index(real)
    assert Counter((cell.fold, cell.label) for cell in found.cells) == {("1", "all"): 25, ("1", "hem"): 11}
    assert found.others == ()
    assert {cell.subject for cell in found.cells if cell.label == "hem"} <= {"H10", "H14", "H22"}


def test_real_cells_are_450_px_of_stain_on_black(real: Path) -> None:
    for cell in index(real).cells:
        rgb = read_rgb(cell.path)
        assert rgb.shape == (450, 450, 3)
        assert rgb.dtype == np.uint8
        assert not rgb[[0, 0, -1, -1], [0, -1, 0, -1]].any()
        stain = rgb[rgb.any(axis=2)].mean(axis=0)
        assert stain.argmin() == 1  # purple: green is the weakest channel


def test_real_cells_are_read_in_their_own_colours(real: Path) -> None:
    """The BMP's bytes by hand: 54 of header, rows from the bottom, blue first, 2 bytes of padding."""
    path = index(real).cells[0].path
    rows = np.frombuffer(path.read_bytes()[54:], np.uint8).reshape(450, 1352)[::-1, :1350]
    np.testing.assert_array_equal(read_rgb(path), rows.reshape(450, 450, 3)[..., ::-1])


def test_real_half_extents_are_plausible(real: Path) -> None:
    extents = [half_extent(read_rgb(cell.path)) for cell in index(real).cells]
    assert 100 <= np.median(extents) <= 130
    assert min(extents) > 60
    assert max(extents) <= 225


def test_blasts_are_larger_in_the_mean(real: Path) -> None:
    areas: dict[str, list[int]] = {"all": [], "hem": []}
    for cell in index(real).cells:
        areas[cell.label].append(int(read_rgb(cell.path).any(axis=2).sum()))
    assert np.mean(areas["all"]) == pytest.approx(36_959, rel=0.25)
    assert np.mean(areas["hem"]) == pytest.approx(25_765, rel=0.25)


def test_real_cells_fill_a_store_and_a_copy_elsewhere_has_the_same_hash(real: Path, tmp_path: Path) -> None:
    chosen = index(real).cells[::9]
    first = open_store(chosen, Preprocess(size=32), cache=tmp_path / "cache")
    for cell in chosen:
        target = tmp_path / "moved" / cell.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(cell.path, target)
    second = open_store(index(tmp_path / "moved").cells, Preprocess(size=32), cache=tmp_path / "cache")
    assert second.data_hash() == first.data_hash()
    np.testing.assert_array_equal(second.pixels, first.pixels)

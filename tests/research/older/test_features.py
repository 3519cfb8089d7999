"""Features are what geometry says on drawn figures, finite and equal on every reading, and never silently absent."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from leukolens.base.errors import DatasetError, ImageError, LeukoLensError
from leukolens.research.data.index import index
from leukolens.research.data.phantoms import draw_cell
from leukolens.research.older import table as table_module
from leukolens.research.older.features import cell_features
from leukolens.research.older.regions import find_regions
from leukolens.research.older.table import FeatureTable, feature_table
from leukolens.research.older.texture import zigzag

DOWN, ACROSS = np.mgrid[:450, :450] - 225
PURPLE, PALE = (66, 27, 84), (150, 120, 170)


def paint(*layers: tuple[NDArray[np.bool_], tuple[int, int, int]]) -> NDArray[np.uint8]:
    """Each mask in its colour on black, later ones above."""
    image = np.zeros((450, 450, 3), np.uint8)
    for mask, colour in layers:
        image[mask] = colour
    return image


def disk(radius: float, *, down: int = 0, across: int = 0) -> NDArray[np.bool_]:
    return np.asarray((DOWN - down) ** 2 + (ACROSS - across) ** 2 <= radius**2)


def ellipse(half_height: float, half_width: float) -> NDArray[np.bool_]:
    return np.asarray((DOWN / half_height) ** 2 + (ACROSS / half_width) ** 2 <= 1)


DISK = cell_features(paint((disk(100), PURPLE)), name="disk")


def test_a_disk_is_round() -> None:
    assert DISK["shape.cell_area"] == pytest.approx(math.pi * 100**2, rel=0.002)
    assert DISK["shape.cell_perimeter"] == pytest.approx(2 * math.pi * 100, rel=0.01)
    assert DISK["shape.cell_circularity"] == pytest.approx(1, abs=0.02)
    assert DISK["shape.cell_eccentricity"] == pytest.approx(0, abs=0.02)
    assert DISK["shape.cell_elongation"] == pytest.approx(0, abs=0.01)
    assert DISK["shape.cell_convexity"] == pytest.approx(1, abs=0.01)
    assert DISK["shape.cell_solidity"] == pytest.approx(1, abs=0.01)
    assert DISK["shape.cell_extent"] == pytest.approx(math.pi / 4, abs=0.01)
    assert DISK["shape.cell_hu1"] == pytest.approx(math.log10(1 / (2 * math.pi)), abs=0.001)


def test_an_ellipse_is_as_long_as_its_axes() -> None:
    found = cell_features(paint((ellipse(120, 60), PURPLE)), name="x")
    assert found["shape.cell_axis_ratio"] == pytest.approx(2, rel=0.01)
    assert found["shape.cell_elongation"] == pytest.approx(0.5, abs=0.01)
    assert found["shape.cell_eccentricity"] == pytest.approx(math.sqrt(3) / 2, abs=0.005)
    assert found["shape.cell_area"] == pytest.approx(math.pi * 120 * 60, rel=0.002)


def test_a_bite_makes_a_cell_less_solid() -> None:
    found = cell_features(paint((disk(100) & ~disk(50, across=90), PURPLE)), name="x")
    assert found["shape.cell_solidity"] < 0.95
    assert found["shape.cell_convexity"] < 0.97


def test_a_uniform_disk_has_no_texture() -> None:
    for distance in (1, 2, 4, 8):
        assert DISK[f"glcm.contrast_d{distance}"] == 0
        assert DISK[f"glcm.dissimilarity_d{distance}"] == 0
        assert DISK[f"glcm.homogeneity_d{distance}"] == 1
        assert DISK[f"glcm.asm_d{distance}"] == 1
    assert DISK["statistics.cell_mean"] == 45  # luma of (66, 27, 84)
    assert DISK["statistics.cell_energy"] == 1
    assert DISK["statistics.cell_entropy"] == DISK["statistics.cell_variance"] == DISK["statistics.cell_skewness"] == 0
    assert DISK["lbp.r1_08"] == DISK["lbp.r2_16"] == 1  # every neighbour as bright as the middle


def test_background_pairs_do_not_count() -> None:
    stripes = disk(100) & (ACROSS % 2 == 0)
    found = cell_features(paint((disk(100), (40, 40, 40)), (stripes, (80, 80, 80))), name="x")
    steps = (80 // 4 - 40 // 4) ** 2  # of 64 grey levels
    assert found["glcm.contrast_d1"] == pytest.approx(0.75 * steps)  # all but the vertical pairs
    assert found["glcm.contrast_d2"] == pytest.approx(0.5 * steps)  # the slanting pairs are one column apart
    assert found["glcm.contrast_d8"] == 0  # eight or six columns apart, an even number at every angle
    assert found["statistics.cell_mean"] == pytest.approx(60, abs=0.5)
    assert found["statistics.cell_kurtosis"] == pytest.approx(-2, abs=0.01)  # two equal peaks


def test_colours_are_those_painted() -> None:
    assert DISK["colour.cell_red_mean"] == pytest.approx(66 / 255)
    assert DISK["colour.cell_value_mean"] == pytest.approx(84 / 255)
    assert DISK["colour.cell_red_std"] == pytest.approx(0, abs=1e-6)
    assert DISK["colour.cytoplasm_red_mean"] == 0  # one colour: all nucleus


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


def test_the_place_in_the_image_does_not_matter() -> None:
    moved = cell_features(paint((disk(100, down=40, across=-70), PURPLE)), name="x")
    assert moved == DISK


def test_the_mean_is_the_first_dct_coefficient() -> None:
    # orthonormal: sum / side
    assert DISK["dct.00"] == pytest.approx(DISK["shape.cell_area"] * 45 / 255 / 450, rel=1e-4)
    assert DISK["dct.01"] == pytest.approx(0, abs=0.1)  # nothing odd in a centred disk
    assert zigzag(6) == [(0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2)]


@pytest.mark.parametrize("image", [paint(), paint((disk(4), PURPLE))], ids=["black", "specks"])
def test_no_cell_is_an_error_that_names_the_file(image: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageError, match=r"some\.bmp: holds no cell"):
        cell_features(image, name="some.bmp")


@pytest.mark.parametrize(
    "mask",
    [disk(6), np.abs(DOWN) + 0 * ACROSS < 1, ellipse(200, 3), np.ones((450, 450), bool), disk(30) | disk(30, down=99)],
    ids=["tiny", "line", "needle", "everything", "two pieces"],
)
def test_odd_cells_still_give_finite_figures(mask: NDArray[np.bool_]) -> None:
    noise = np.random.default_rng(0).integers(1, 256, (450, 450, 3), np.uint8)
    found = cell_features(noise * mask[..., None].astype(np.uint8), name="x")
    assert list(found) == list(DISK)
    assert all(map(math.isfinite, found.values()))


def test_the_same_cell_gives_the_same_figures() -> None:
    cell = draw_cell("all", np.random.default_rng(3))
    assert cell_features(cell, name="x") == cell_features(cell.copy(), name="y")


@pytest.fixture(scope="module")
def few(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six cells of either class in a folder of this module's own."""
    folder = tmp_path_factory.mktemp("few")
    for cell in index(cells).fold("0")[::8]:
        (folder / cell.label).mkdir(exist_ok=True)
        shutil.copy2(cell.path, folder / cell.label)
    return folder


def test_a_table_holds_every_cell_in_order(few: Path, tmp_path: Path) -> None:
    cells = index(few).cells
    table = feature_table(cells, cache=tmp_path)
    assert table.values.shape == (len(cells), len(table.names))
    assert table.values.dtype == np.float64
    assert table.names == tuple(DISK)
    areas = table.select(["shape.cell_area"])[:, 0]
    mean = {label: areas[[cell.label == label for cell in cells]].mean() for label in ("all", "hem")}
    assert mean["all"] > mean["hem"]


def test_a_table_is_measured_once(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = index(few).cells
    first = feature_table(cells, cache=tmp_path)
    monkeypatch.setattr(table_module, "cell_features", lambda *_, **__: pytest.fail("measured again"))
    again = feature_table(cells, cache=tmp_path)
    assert again.names == first.names
    assert np.array_equal(again.values, first.values)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]  # nothing half-written is left


def test_changed_cells_are_measured_anew(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = index(few).cells
    feature_table(cells, cache=tmp_path)
    feature_table(cells[:3], cache=tmp_path)
    monkeypatch.setattr(table_module, "VERSION", -1)
    feature_table(cells, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_an_unreadable_cell_stops_by_name(few: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cells"
    shutil.copytree(few, folder)
    broken, black = sorted((folder / "all").iterdir())[:2]
    broken.write_bytes(b"no image")
    Image.fromarray(paint()).save(black)
    with pytest.raises(DatasetError, match=r"2 of \d+ cells cannot be used") as caught:
        feature_table(index(folder).cells, cache=tmp_path / "cache")
    assert broken.name in str(caught.value)
    assert f"{black.name}: holds no cell" in str(caught.value)
    assert not list((tmp_path / "cache").glob("*"))


def test_an_absent_cell_stops_by_name(few: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cells"
    shutil.copytree(few, folder)
    cells = index(folder).cells
    cells[0].path.unlink()
    with pytest.raises(DatasetError, match=cells[0].path.name):
        feature_table(cells, cache=tmp_path / "cache")
    with pytest.raises(DatasetError, match="no cell to measure"):
        feature_table((), cache=tmp_path / "cache")


def test_columns_are_selected_by_pattern() -> None:
    table = FeatureTable(names=("shape.a", "shape.b", "lbp.c"), values=np.arange(6.0).reshape(2, 3))
    assert table.select(["lbp.*", "shape.a"]).tolist() == [[0, 2], [3, 5]]
    with pytest.raises(LeukoLensError, match="'glcm"):
        table.select(["lbp.*", "glcm.*"])

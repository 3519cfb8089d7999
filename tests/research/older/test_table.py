"""Every cell is measured once, in order; one that cannot be measured stops by name."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from figuremaker import DISK, paint
from PIL import Image

from leukolens.base.errors import DatasetError, LeukoLensError
from leukolens.research.data.index import index
from leukolens.research.older import table as table_module
from leukolens.research.older.table import FeatureTable, feature_table


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
    with pytest.raises(DatasetError, match="no cells to measure"):
        feature_table((), cache=tmp_path / "cache")


def test_columns_are_selected_by_pattern() -> None:
    table = FeatureTable(names=("shape.a", "shape.b", "lbp.c"), values=np.arange(6.0).reshape(2, 3))
    assert table.select(["lbp.*", "shape.a"]).tolist() == [[0, 2], [3, 5]]
    with pytest.raises(LeukoLensError, match="'glcm"):
        table.select(["lbp.*", "glcm.*"])

"""Cells are decoded once, kept in order, and a store that could not be filled leaves nothing behind."""

import collections
import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from leukolens.base.errors import DatasetError, OutputError
from leukolens.images.decode import read_rgb
from leukolens.model.preprocess import Preprocess, half_extent, to_network
from leukolens.research.data import store as store_module
from leukolens.research.data.cell import Cell
from leukolens.research.data.index import index
from leukolens.research.data.store import open_store, read_cells

SMALL = Preprocess(crop=32, size=16)


def draw(path: Path, seed: int, *, side: int = 40) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(1, 256, (side, side, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six readable cells."""
    for number in range(3):
        draw(tmp_path / f"data/fold_0/all/UID_{number}_1_1_all.bmp", number)
        draw(tmp_path / f"data/fold_0/hem/UID_H{number}_1_1_hem.bmp", 10 + number)
    return tmp_path / "data"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The cache folder of one test."""
    return tmp_path / "cache"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Which files were decoded, as they are."""
    paths: list[Path] = []

    def counting(path: Path) -> NDArray[np.uint8]:
        paths.append(path)
        return read_rgb(path)

    monkeypatch.setattr(store_module, "read_rgb", counting)
    return paths


def test_a_store_holds_every_cell_in_order(cells: Path) -> None:
    """96 cells: more than one slice of the pool."""
    chosen = index(cells).cells
    preprocess = Preprocess(size=16)
    store = open_store(chosen, preprocess)
    assert store.cells == chosen
    assert store.pixels.shape == (96, 16, 16, 3)
    assert store.pixels.dtype == np.uint8
    assert len(set(store.digests)) == 96
    for row in (0, 1, 63, 64, 95):
        rgb = read_rgb(chosen[row].path)
        np.testing.assert_array_equal(store.pixels[row], to_network(rgb, preprocess, name="x"))
        assert store.half_extents[row] == half_extent(rgb)
        assert store.areas[row] == np.count_nonzero(rgb.max(axis=2))
        assert store.digests[row] == hashlib.sha256(b"(450, 450, 3)" + rgb.tobytes()).hexdigest()


def test_pixels_cannot_be_changed_by_mistake(data: Path, kept: Path) -> None:
    assert not open_store(index(data).cells, SMALL, cache=kept).pixels.flags.writeable


def test_the_same_pixels_as_bmp_and_png_are_one_content(tmp_path: Path, kept: Path) -> None:
    bmp, png = draw(tmp_path / "data/all/a.bmp", 1), draw(tmp_path / "data/all/b.png", 1)
    assert bmp.read_bytes() != png.read_bytes()
    draw(tmp_path / "data/all/c.png", 2)
    first, second, other = open_store(index(tmp_path / "data").cells, SMALL, cache=kept).digests
    assert first == second != other


def test_the_same_bytes_in_another_shape_are_another_content(tmp_path: Path, kept: Path) -> None:
    folder = tmp_path / "data/all"
    folder.mkdir(parents=True)
    for name, shape in (("a", (40, 80, 3)), ("b", (80, 40, 3))):
        Image.fromarray(np.full(shape, 9, np.uint8)).save(folder / f"{name}.png")
    first, second = open_store(index(tmp_path / "data").cells, SMALL, cache=kept).digests
    assert first != second


def test_a_second_opening_decodes_nothing(data: Path, kept: Path, decoded: list[Path]) -> None:
    cells = index(data).cells
    first = open_store(cells, SMALL, cache=kept)
    assert sorted(decoded) == sorted(cell.path for cell in cells)
    decoded.clear()
    second = open_store(cells, SMALL, cache=kept)
    assert decoded == []
    np.testing.assert_array_equal(second.pixels, first.pixels)
    np.testing.assert_array_equal(second.half_extents, first.half_extents)
    assert second.digests == first.digests
    assert second.data_hash() == first.data_hash()


def test_the_cache_stands_where_the_environment_says(
    data: Path, kept: Path, decoded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEUKOLENS_CACHE", str(kept))
    open_store(index(data).cells, SMALL)
    assert len(list(kept.iterdir())) == 1
    decoded.clear()
    open_store(index(data).cells, SMALL, cache=kept)
    assert decoded == []


def test_a_changed_file_is_read_again(data: Path, kept: Path) -> None:
    cells = index(data).cells
    before = open_store(cells, SMALL, cache=kept)
    path = cells[2].path
    draw(path, 99)  # as many bytes as before: only its time tells
    os.utime(path, ns=(0, 1_000_000_007))
    after = open_store(cells, SMALL, cache=kept)
    np.testing.assert_array_equal(after.pixels[2], to_network(read_rgb(path), SMALL, name="x"))
    assert [a == b for a, b in zip(before.digests, after.digests, strict=True)] == [True, True, False, True, True, True]
    assert before.data_hash() != after.data_hash()


@pytest.mark.parametrize("other", [Preprocess(crop=32, size=12), Preprocess(crop=36, size=16)])
def test_another_preprocessing_is_another_store(data: Path, kept: Path, other: Preprocess) -> None:
    cells = index(data).cells
    open_store(cells, SMALL, cache=kept)
    pixels = open_store(cells, other, cache=kept).pixels
    np.testing.assert_array_equal(pixels[0], to_network(read_rgb(cells[0].path), other, name="x"))


def test_a_subset_is_another_store(data: Path, kept: Path) -> None:
    cells = index(data).cells
    whole = open_store(cells, SMALL, cache=kept)
    part = open_store(cells[::-2], SMALL, cache=kept)
    assert part.digests == whole.digests[::-2]


def test_the_data_hash_is_of_names_and_contents(data: Path, kept: Path) -> None:
    store = open_store(index(data).cells, SMALL, cache=kept)
    lines = [f"{cell.name} {digest}" for cell, digest in zip(store.cells, store.digests, strict=True)]
    assert store.data_hash() == hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_an_unreadable_cell_stops_by_name_and_leaves_nothing(data: Path, kept: Path) -> None:
    bad = data / "fold_0/hem/UID_H1_1_1_hem.bmp"
    bad.write_bytes(bad.read_bytes()[:-9])
    with pytest.raises(DatasetError) as caught:
        open_store(index(data).cells, SMALL, cache=kept)
    message = str(caught.value)
    assert message.startswith(f"1 of 6 cells cannot be used:\n{bad}: is cut short or damaged")
    assert message.endswith("Repair or remove them; nothing was trained")
    assert list(kept.iterdir()) == []


def test_an_image_smaller_than_the_crop_stops_by_name(data: Path, kept: Path) -> None:
    small = draw(data / "fold_0/all/UID_9_1_1_all.bmp", 9, side=31)
    with pytest.raises(DatasetError) as caught:
        open_store(index(data).cells, SMALL, cache=kept)
    assert f"{small}: is 31×31 px, smaller than the crop of 32 px" in str(caught.value)
    assert list(kept.iterdir()) == []


def test_ten_unreadable_cells_are_named_and_the_rest_counted(tmp_path: Path, kept: Path) -> None:
    folder = tmp_path / "data/all"
    folder.mkdir(parents=True)
    for number in range(12):
        (folder / f"{number:02}.bmp").touch()
    with pytest.raises(DatasetError) as caught:
        open_store(index(tmp_path / "data").cells, SMALL, cache=kept)
    message = str(caught.value)
    assert message.startswith("12 of 12 cells cannot be used:\n")
    assert message.count("is empty (0 bytes)") == 10
    assert "09.bmp" in message
    assert "10.bmp" not in message
    assert "\n… and 2 more" in message


def test_readings_go_on_past_an_unreadable_cell(data: Path) -> None:
    cells = index(data).cells
    cells[1].path.write_bytes(b"")
    readings = list(read_cells(cells, None))
    assert [reading.cell for reading in readings] == list(cells)
    assert [reading.problem is None for reading in readings] == [True, False, True, True, True, True]
    bad = readings[1]
    assert (bad.digest, bad.half_extent, bad.pixels) == ("", 0, None)
    assert all(reading.pixels is None for reading in readings)


def test_a_full_disk_is_told_before_the_first_cell_is_decoded(
    data: Path, kept: Path, decoded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = collections.namedtuple("usage", "total used free")
    needed = 6 * 16 * 16 * 3
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - needed + 1, needed - 1))
    with pytest.raises(OutputError, match=r"no space left while writing\. Free some space") as caught:
        open_store(index(data).cells, SMALL, cache=kept)
    assert caught.value.path is not None
    assert Path(caught.value.path).parent == kept
    assert decoded == []
    assert list(kept.iterdir()) == []

    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - needed, needed))
    assert len(open_store(index(data).cells, SMALL, cache=kept).digests) == 6


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "fails",
    ["numpy.lib.format.open_memmap", "pathlib.Path.write_text", "pathlib.Path.rename"],
    ids=["at the pixels", "at the facts", "at the end"],
)
def test_no_space_left_is_an_output_error_and_leaves_nothing(
    data: Path, kept: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = index(data).cells
    with monkeypatch.context() as patched:
        patched.setattr(fails, full)
        with pytest.raises(OutputError, match="no space left while writing"):
            open_store(cells, SMALL, cache=kept)
    assert list(kept.iterdir()) == []
    assert len(open_store(cells, SMALL, cache=kept).digests) == 6


def test_a_cache_that_is_a_file_is_named(data: Path, kept: Path) -> None:
    kept.write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        open_store(index(data).cells, SMALL, cache=kept)


def test_two_runs_that_fill_the_same_store_do_not_disturb_each_other(
    data: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one puts its store there while this one is still decoding."""
    cells = index(data).cells
    refuse = store_module.refuse_unreadable

    def other_finishes(readings: Any) -> None:
        refuse(readings)
        monkeypatch.setattr(store_module, "refuse_unreadable", refuse)
        open_store(cells, SMALL, cache=kept)

    monkeypatch.setattr(store_module, "refuse_unreadable", other_finishes)
    assert len(open_store(cells, SMALL, cache=kept).digests) == 6
    assert len(list(kept.iterdir())) == 1


def test_a_cell_that_vanished_is_named(data: Path, kept: Path) -> None:
    cells: tuple[Cell, ...] = index(data).cells
    cells[3].path.unlink()
    with pytest.raises(DatasetError, match=cells[3].path.name):
        open_store(cells, SMALL, cache=kept)

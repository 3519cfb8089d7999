"""A slide's tiles are the flat picture to the pixel; what is missing or not a slide is an error with its reason."""

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from slidemaker import drawn, write_dicom, write_pyramid

from leukolens.base.errors import ImageError, MissingExtra
from leukolens.images.slides import open_slide

RGB = drawn()


@pytest.fixture(params=["pyramid.tif", "slide.dcm"])
def slide(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path: Path = tmp_path / request.param
    (write_dicom if path.suffix == ".dcm" else write_pyramid)(path, RGB)
    return path


@pytest.mark.parametrize(("size", "overlap"), [(256, 0), (300, 44), (1024, 128)])
def test_the_tiles_are_the_flat_picture_to_the_pixel(slide: Path, size: int, overlap: int) -> None:
    seen: NDArray[np.bool_] = np.zeros(RGB.shape[:2], bool)
    with open_slide(slide) as opened:
        assert opened.size == (900, 700)
        for x, y, rgb in opened.tiles(size, overlap):
            height, width, _ = rgb.shape
            np.testing.assert_array_equal(rgb, RGB[y : y + height, x : x + width])
            seen[y : y + height, x : x + width] = True
    assert seen[RGB[..., 1] < 200].all()  # every pixel of noise and of the cell


def test_neighbours_share_the_overlap_and_the_last_tile_reaches_the_end(slide: Path) -> None:
    with open_slide(slide) as opened:
        places = [(x, y, *rgb.shape[:2]) for x, y, rgb in opened.tiles(300, 44)]
    assert [place for place in places if place[1] == 0][:2] == [(0, 0, 300, 300), (256, 0, 300, 300)]
    assert max(y + height for _, y, height, _ in places) == 700


def test_empty_tiles_are_skipped(slide: Path) -> None:
    with open_slide(slide) as opened:
        columns = {(x, y) for x, y, _ in opened.tiles(256, 0)}
    assert columns == {*((x, y) for x in (0, 256) for y in (0, 256, 512)), (768, 512)}  # of 12: the noise and the cell


def test_the_scale_is_the_metadatas(slide: Path) -> None:
    with open_slide(slide) as opened:
        assert opened.um_per_px == pytest.approx(0.25)


def test_a_pyramid_whose_resolution_is_a_printers_has_no_scale(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "x.tif", RGB, tile=(256, 256), photometric="rgb", resolution=(300, 300))
    with open_slide(tmp_path / "x.tif") as opened:
        assert opened.um_per_px is None


def test_a_missing_tile_is_an_error_that_says_where(tmp_path: Path) -> None:
    path = tmp_path / "pyramid.tif"
    write_pyramid(path, RGB)
    with tifffile.TiffFile(path) as tiff:
        tags = tiff.pages[0].tags
        places = [tags[name].valueoffset + 4 * 5 for name in ("TileOffsets", "TileByteCounts")]
    data = bytearray(path.read_bytes())
    for place in places:
        struct.pack_into("<I", data, place, 0)  # tile 5: x 256, y 256
    path.write_bytes(data)
    with open_slide(path) as opened, pytest.raises(ImageError) as caught:
        list(opened.tiles(256, 0))
    assert caught.value.reason == "lacks a tile in the 256 × 256 pixels at x 256, y 256"


def test_a_cut_slide_is_an_error(slide: Path) -> None:
    slide.write_bytes(slide.read_bytes()[:-100_000])

    def read() -> None:
        with open_slide(slide) as opened:
            list(opened.tiles(256, 0))

    with pytest.raises(ImageError, match=r"cannot be decoded at x|cannot be opened|is not a whole slide"):
        read()


def test_dicom_of_another_modality_is_named(tmp_path: Path) -> None:
    write_dicom(tmp_path / "ct.dcm", RGB, sop_class="1.2.840.10008.5.1.4.1.1.2")
    with pytest.raises(ImageError, match=r"ct\.dcm: is DICOM, but not of a whole slide"):
        open_slide(tmp_path / "ct.dcm")


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_an_ordinary_picture_is_not_a_slide(suffix: str, tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / f"cell.{suffix}")
    with pytest.raises(ImageError, match="is not a whole slide: neither a scanner's format"):
        open_slide(tmp_path / f"cell.{suffix}")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"gone\.svs: does not exist"):
        open_slide(tmp_path / "gone.svs")
    with pytest.raises(ImageError, match="is not a file"):
        open_slide(tmp_path)


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "openslide", None)
    with pytest.raises(MissingExtra, match=r"pip install 'leukolens\[slides\]'"):
        open_slide(tmp_path / "scan.svs")

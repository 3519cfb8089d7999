"""Every kind of bad file is refused with its name and its reason; every good one is read to the exact colour."""

import io
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from imagemaker import PLAIN, RGB, encoded, png
from numpy.typing import NDArray
from PIL import Image

from leukolens.base.errors import ImageError
from leukolens.images.decode import decode_rgb, read_rgb

ORIENTATION = 0x0112
UPRIGHT_TO_STORED: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    # EXIF 2.3, tag 274: which side of the upright picture the file's row 0 and column 0 are
    1: lambda upright: upright,  # top, left
    2: lambda upright: upright[:, ::-1],  # top, right
    3: lambda upright: upright[::-1, ::-1],  # bottom, right
    4: lambda upright: upright[::-1],  # bottom, left
    5: lambda upright: upright.swapaxes(0, 1),  # left, top
    6: lambda upright: upright[:, ::-1].swapaxes(0, 1),  # right, top
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),  # right, bottom
    8: lambda upright: upright[::-1].swapaxes(0, 1),  # left, bottom
}


def deep_tiff(dtype: str, photometric: str) -> bytes:
    buffer = io.BytesIO()
    shape = RGB.shape if photometric == "rgb" else RGB.shape[:2]
    tifffile.imwrite(buffer, np.full(shape, 0.5 if dtype == "float32" else 40_000, dtype), photometric=photometric)
    return buffer.getvalue()


def palette() -> Image.Image:
    return Image.fromarray(RGB).quantize(16)


def keyed(image: Image.Image, transparency: object) -> bytes:
    return encoded(image, "PNG", transparency=transparency)


def rgba(lowest: int) -> Image.Image:
    alpha = np.full((*RGB.shape[:2], 1), 255, np.uint8)
    alpha[3, 5] = lowest
    return Image.fromarray(np.concatenate([RGB, alpha], axis=2))


def several(kind: str) -> bytes:
    return encoded(Image.fromarray(RGB), kind, save_all=True, append_images=[Image.fromarray(255 - RGB)])


GREY = Image.fromarray(RGB[..., 0])
WIDTH_ENTRY = struct.pack("<HHI", 256, 4, 1)  # TIFF: ImageWidth, LONG, one value
DEEP_ROW = b"\0" + bytes(range(48))  # filter type, then 8 px of 3 × 16 bits

BAD: dict[str, tuple[bytes, str]] = {
    "zero bytes": (b"", r"is empty \(0 bytes\)"),
    "text": (b"This is no image, whatever its name.\n", "is not a BMP, PNG, TIFF, JPEG or WebP image"),
    "GIF": (encoded(PLAIN, "GIF"), "is not a BMP, PNG, TIFF, JPEG or WebP image"),
    "header only": (encoded(PLAIN, "BMP")[:10], "is not a BMP, PNG, TIFF, JPEG or WebP image|is cut short"),
    "truncated BMP": (encoded(PLAIN, "BMP")[:-600], "is cut short or damaged"),
    "truncated PNG": (encoded(PLAIN, "PNG")[:-600], "is cut short or damaged"),
    "truncated TIFF": (encoded(PLAIN, "TIFF")[:-600], "is cut short or damaged"),
    "truncated JPEG": (encoded(PLAIN, "JPEG")[:-300], "is cut short or damaged"),
    "truncated WebP": (encoded(PLAIN, "WEBP", lossless=True)[:-600], "is cut short or damaged"),
    "16-bit grey PNG": (
        encoded(Image.fromarray(RGB[..., 0].astype(np.uint16) * 257), "PNG"),
        "has more than 8 bits per channel",
    ),
    "16-bit RGB PNG": (png(8, 8, depth=16, colour=2, rows=DEEP_ROW * 8), "has more than 8 bits per channel"),
    "16-bit grey TIFF": (deep_tiff("uint16", "minisblack"), "has more than 8 bits per channel"),
    "16-bit RGB TIFF": (deep_tiff("uint16", "rgb"), "has more than 8 bits per channel"),
    "float TIFF": (deep_tiff("float32", "minisblack"), "bits per channel"),
    "grey PNG": (encoded(GREY, "PNG"), "is greyscale"),
    "grey JPEG": (encoded(GREY, "JPEG"), "is greyscale"),
    "grey BMP": (encoded(GREY, "BMP"), "is greyscale"),
    "grey PNG with alpha": (encoded(GREY.convert("LA"), "PNG"), "is greyscale"),
    "black and white PNG": (encoded(GREY.convert("1"), "PNG"), "is black and white"),
    "CMYK JPEG": (encoded(PLAIN.convert("CMYK"), "JPEG"), "is CMYK"),
    "CMYK TIFF": (encoded(PLAIN.convert("CMYK"), "TIFF"), "is CMYK"),
    "RGBA, one pixel almost opaque": (encoded(rgba(254), "PNG"), "has transparent pixels"),
    "RGBA TIFF": (encoded(rgba(0), "TIFF"), "has transparent pixels"),
    "palette with a transparent colour": (keyed(palette(), palette().getpixel((0, 0))), "has transparent pixels"),
    "RGB with a transparent colour": (keyed(PLAIN, tuple(map(int, RGB[0, 0]))), "has transparent pixels"),
    "TIFF of two frames": (several("TIFF"), "holds several frames"),
    "animated PNG": (several("PNG"), "holds several frames"),
    "animated WebP": (several("WEBP"), "holds several frames"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_by_name_and_reason(kind: str, tmp_path: Path) -> None:
    data, reason = BAD[kind]
    path = tmp_path / "cell.bmp"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=reason) as caught:
        read_rgb(path)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("kind", ["zero bytes", "16-bit RGB PNG", "grey PNG", "CMYK JPEG", "TIFF of two frames"])
def test_a_refusal_names_the_hint(kind: str) -> None:
    with pytest.raises(ImageError) as caught:
        decode_rgb(BAD[kind][0], name="cell.png")
    assert caught.value.hint
    assert str(caught.value) == f"cell.png: {caught.value.reason}. {caught.value.hint}"


def test_pillow_alone_would_have_read_the_16_bit_rgb_png() -> None:
    """Else the test above proves nothing: the file is whole, and Pillow shows it as 8-bit without a word."""
    with Image.open(io.BytesIO(BAD["16-bit RGB PNG"][0])) as image:
        image.load()
        assert image.mode == "RGB"


def loop(back_to: int) -> bytes:
    """A TIFF of three directories, the last of which names number `back_to` as the next."""
    data = bytearray(encoded(PLAIN, "TIFF", save_all=True, append_images=[PLAIN, PLAIN]))
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        places = [page.offset for page in tiff.pages]
    entries = struct.unpack_from("<H", data, places[2])[0]
    struct.pack_into("<I", data, places[2] + 2 + 12 * entries, places[back_to])
    return bytes(data)


@pytest.mark.parametrize("back_to", [0, 1, 2])
def test_a_loop_of_directories_is_answered(back_to: int) -> None:
    with pytest.raises(ImageError, match="holds several frames"):
        decode_rgb(loop(back_to), name="x")


def test_a_next_directory_that_is_not_there_is_damage() -> None:
    data = bytearray(encoded(PLAIN, "TIFF"))
    start = struct.unpack_from("<I", data, 4)[0]
    entries = struct.unpack_from("<H", data, start)[0]
    struct.pack_into("<I", data, start + 2 + 12 * entries, 10_000_000)
    with pytest.raises(ImageError, match="is cut short or damaged"):
        decode_rgb(bytes(data), name="x")


@pytest.mark.parametrize(
    ("kind", "options"), [("BMP", {}), ("PNG", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {"lossless": True})]
)
def test_lossless_formats_are_read_to_the_bit(kind: str, options: dict[str, object]) -> None:
    read = decode_rgb(encoded(PLAIN, kind, **options), name="x")
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, RGB)


def test_a_jpeg_is_read_as_colour() -> None:
    flat = Image.new("RGB", (32, 16), (200, 40, 90))
    read = decode_rgb(encoded(flat, "JPEG", quality=95), name="x")
    assert read.shape == (16, 32, 3)
    assert np.abs(read.astype(int) - (200, 40, 90)).max() <= 3


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_a_palette_image_is_read_in_its_exact_colours(kind: str) -> None:
    image = palette()
    lookup = np.array(image.getpalette(), np.uint8).reshape(-1, 3)
    np.testing.assert_array_equal(decode_rgb(encoded(image, kind), name="x"), lookup[np.asarray(image)])


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_an_opaque_alpha_channel_is_dropped(kind: str) -> None:
    np.testing.assert_array_equal(decode_rgb(encoded(rgba(255), kind), name="x"), RGB)


def test_the_content_decides_the_format_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "cell.bmp"
    path.write_bytes(encoded(PLAIN, "PNG"))
    np.testing.assert_array_equal(read_rgb(path), RGB)


@pytest.mark.parametrize("orientation", UPRIGHT_TO_STORED)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_an_exif_rotated_image_is_turned_upright_once(kind: str, orientation: int) -> None:
    stored = Image.fromarray(np.ascontiguousarray(UPRIGHT_TO_STORED[orientation](RGB)))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    np.testing.assert_array_equal(decode_rgb(encoded(stored, kind, exif=exif), name="x"), RGB)


def test_a_photo_held_sideways_shows_its_top_on_top() -> None:
    upright = np.zeros((64, 32, 3), np.uint8)
    upright[:16] = (250, 10, 10)  # a red sky
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    stored = Image.fromarray(np.ascontiguousarray(UPRIGHT_TO_STORED[6](upright)))
    read = decode_rgb(encoded(stored, "JPEG", exif=exif, quality=95), name="x")
    assert read.shape == (64, 32, 3)
    assert read[4, 16, 0] > 240
    assert read[40, 16, 0] < 10


@pytest.mark.parametrize("frame", [0, 1])
def test_a_tiff_whose_frame_has_no_size_is_refused(frame: int) -> None:
    """Pillow says TypeError of a later frame."""
    data = several("TIFF")
    entry = data.index(WIDTH_ENTRY)
    if frame == 1:
        entry = data.index(WIDTH_ENTRY, entry + 1)
    with pytest.raises(ImageError):
        decode_rgb(data[:entry] + b"\xfe\xff" + data[entry + 2 :], name="x")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(["BMP", "PNG", "JPEG", "WEBP"]), st.data())
def test_damage_anywhere_gives_an_image_or_an_image_error(kind: str, data: st.DataObject) -> None:
    whole = bytearray(encoded(PLAIN, kind))
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read = decode_rgb(cut, name="x")
        except ImageError:
            return
    assert read.dtype == np.uint8
    assert read.shape[2] == 3

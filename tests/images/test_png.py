"""Every chunk's checksum is compared, and only up to the end of the picture."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from leukolens.base.errors import ImageError
from leukolens.images import png
from leukolens.images.decode import decode_rgb

RGB = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def picture() -> bytes:
    """With a text before the pixels, and a private chunk behind them that decoding never reaches."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Microscope", "drawn")
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "PNG", pnginfo=text)
    return file.getvalue().removesuffix(chunk(b"IEND")) + chunk(b"zzZz", b"behind the pixels") + chunk(b"IEND")


def test_a_whole_file_is_read_to_the_bit() -> None:
    np.testing.assert_array_equal(decode_rgb(picture(), name="x"), RGB)


def test_every_single_bit_flip_is_refused() -> None:
    whole = picture()
    places = np.random.default_rng(1).permutation(len(whole) * 8)[:300]
    for place in map(int, places):
        data = bytearray(whole)
        data[place // 8] ^= 1 << place % 8
        with pytest.raises(ImageError):
            decode_rgb(bytes(data), name="x")


@pytest.mark.parametrize("kind", ["IHDR", "tEXt", "IDAT", "zzZz", "IEND"])
def test_the_chunk_is_named(kind: str) -> None:
    data = bytearray(picture())
    start = data.index(kind.encode())
    end = start + 4 + int.from_bytes(data[start - 4 : start])
    data[end] ^= 1  # the first byte of its checksum
    with pytest.raises(ImageError, match=rf"is damaged \(the checksum of its {kind} chunk is wrong\)\. Copy the file"):
        png.refuse_damaged(bytes(data), name="x")


def test_a_kind_that_is_not_letters_is_shown_as_its_bytes() -> None:
    with pytest.raises(ImageError, match=r"the checksum of its 1b5b326a chunk is wrong"):
        png.refuse_damaged(png.SIGNATURE + struct.pack(">I", 0) + b"\x1b[2j" + b"\0\0\0\0", name="x")


@pytest.mark.parametrize(
    ("cut", "reason"), [(12, "ends before its IEND chunk"), (16, "ends inside its zzZz chunk"), (5, "ends before its")]
)
def test_a_cut_file_is_refused(cut: int, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        png.refuse_damaged(picture()[:-cut], name="x")


def test_what_follows_the_end_is_ignored() -> None:
    np.testing.assert_array_equal(decode_rgb(picture() + b"\0" * 512, name="x"), RGB)


def test_millions_of_chunks_are_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert png.MAX_CHUNKS == 100_000
    monkeypatch.setattr(png, "MAX_CHUNKS", 10)
    with pytest.raises(ImageError, match="has more than 10 chunks"):
        png.refuse_damaged(png.SIGNATURE + chunk(b"zzZz") * 10 + chunk(b"IEND"), name="x")

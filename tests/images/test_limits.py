"""What is not an ordinary file, or is too large, is refused unread and by name; the limit itself is taken."""

import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
from imagemaker import PLAIN, RGB, encoded, png
from PIL import Image

import leukolens.images.decode as images
from leukolens.base.errors import ImageError
from leukolens.images.decode import MAX_PIXELS, decode_rgb, read_rgb


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gone.bmp"
    with pytest.raises(ImageError, match=re.escape(f"{path}: cannot be read (No such file or directory)")):
        read_rgb(path)


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"cannot be read \(Is a directory\)"):
        read_rgb(tmp_path)


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "cell.bmp")  # to open it in the ordinary way would wait for ever
    with pytest.raises(ImageError, match=r"cell\.bmp: is not an ordinary file"):
        read_rgb(tmp_path / "cell.bmp")


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "video.bmp"
    with path.open("wb") as file:
        file.truncate(200_000_001)  # takes no place on the disk
    with pytest.raises(ImageError, match=r"video\.bmp: has more than 200,000,000 bytes\. Cut it into fields"):
        read_rgb(path)
    path.write_bytes(encoded(PLAIN, "BMP"))
    monkeypatch.setattr(images, "MAX_BYTES", path.stat().st_size)
    np.testing.assert_array_equal(read_rgb(path), RGB)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty", "/dev/stdin"])
def test_a_link_to_a_device_is_refused_unread(device: str, tmp_path: Path) -> None:
    (tmp_path / "cell.bmp").symlink_to(device)
    with pytest.raises(ImageError, match=r"cell\.bmp: (is not an ordinary file|cannot be read)"):
        read_rgb(tmp_path / "cell.bmp")


def test_a_file_that_grows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cell.bmp"
    path.write_bytes(encoded(PLAIN, "BMP"))
    look = os.fstat

    def write_more(handle: int) -> os.stat_result:
        found = look(handle)
        with path.open("ab") as file:
            file.write(b"more")
        return found

    monkeypatch.setattr(os, "fstat", write_more)
    with pytest.raises(ImageError, match=r"cell\.bmp: grew while it was read\. Wait until the file is complete"):
        images.read_file(path)


def test_without_memory_the_file_is_refused_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image, "open", full)
    with pytest.raises(ImageError, match=r"cell\.bmp: needs more memory than is available"):
        decode_rgb(encoded(PLAIN, "BMP"), name="cell.bmp")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_the_end_of_the_program_is_not_a_broken_file(
    stop: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object, **__: object) -> None:
        raise stop

    monkeypatch.setattr(Image, "open", end)
    with pytest.raises(stop):
        decode_rgb(encoded(PLAIN, "BMP"), name="cell.bmp")


def test_a_field_of_ten_megapixels_is_taken() -> None:
    field = Image.effect_noise((3872, 2592), 20).convert("RGB")
    assert decode_rgb(encoded(field, "JPEG"), name="field.jpg").shape == (2592, 3872, 3)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [7_100, 10_000, 60_000], ids=["50 Mpx", "Pillow warns", "Pillow refuses"])
def test_a_decompression_bomb_is_refused_unopened(side: int) -> None:
    bomb = png(side, side, depth=8, colour=2, rows=b"\0" * 1000)
    assert len(bomb) < 100
    started = time.process_time()
    with pytest.raises(ImageError, match=r"bomb\.png: has more than 50,000,000 pixels"):
        decode_rgb(bomb, name="bomb.png")
    assert time.process_time() - started < 1


@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_where_warnings_are_errors() -> None:
    with pytest.raises(ImageError, match="has more than 50,000,000 pixels"):
        decode_rgb(png(10_000, 10_000, depth=8, colour=2, rows=b"\0"), name="bomb.png")


def test_the_limit_itself_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_PIXELS == 50_000_000
    monkeypatch.setattr(images, "MAX_PIXELS", RGB.shape[0] * RGB.shape[1])
    np.testing.assert_array_equal(decode_rgb(encoded(PLAIN, "PNG"), name="x"), RGB)
    monkeypatch.setattr(images, "MAX_PIXELS", RGB.shape[0] * RGB.shape[1] - 1)
    with pytest.raises(ImageError, match="has more than 479 pixels"):
        decode_rgb(encoded(PLAIN, "PNG"), name="x")

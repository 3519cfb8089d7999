"""A remark of Pillow or libtiff reaches the user with the name of its file, and each file's with its own name."""

import io
import logging
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from imagemaker import RGB
from PIL import Image

from leukolens.images.decode import decode_rgb
from leukolens.images.remarks import listen, remark, remarks


def odd_tiff(where: str = "", **options: object) -> bytes:
    """A TIFF that is read although one of its tags, XResolution (282), lies beyond its end."""
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "TIFF", x_resolution=300, y_resolution=300, description=where, **options)
    data = bytearray(file.getvalue())
    entry = data.index(b"\x1a\x01\x05\x00\x01\x00\x00\x00")
    data[entry + 8 : entry + 12] = b"\xff\xff\xff\x00"
    return bytes(data)


def test_a_remark_is_logged_with_the_file_and_once(caplog: pytest.LogCaptureFixture) -> None:
    with remarks("day/\u202ecell.tif"):
        assert remark("Truncated\n")
        assert remark("Truncated")
        assert not caplog.messages
    assert caplog.messages == ["day/\\u202ecell.tif: Truncated"]


def test_of_a_file_that_fails_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        with remarks("cell.tif"):
            remark("Truncated")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert not caplog.messages
    assert not remark("of no file")


def test_a_file_with_thousands_of_remarks_fills_no_screen(caplog: pytest.LogCaptureFixture) -> None:
    with remarks("cell.tif"):
        for number in range(1000):
            assert remark(f"odd tag {number}")
    assert caplog.messages == [f"cell.tif: odd tag {number}" for number in range(5)]


def test_each_thread_has_its_own_file(caplog: pytest.LogCaptureFixture) -> None:
    both = threading.Barrier(2)

    def decode(name: str) -> None:
        with remarks(name):
            both.wait()
            remark(f"of {name}")
            both.wait()

    threads = [threading.Thread(target=decode, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(caplog.messages) == ["a: of a", "b: of b"]


def test_a_warning_of_pillow_has_the_name_in_every_file(caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings():  # pytest's own hides the listener
        warnings.resetwarnings()
        listen()
        for name in ("a.tif", "b.tif"):
            np.testing.assert_array_equal(decode_rgb(odd_tiff(), name=name), RGB)
    assert [text.partition(": ")[0] for text in caplog.messages] == ["a.tif", "b.tif"]
    assert all("Truncated File Read" in text for text in caplog.messages)


def test_a_warning_without_a_file_goes_where_it_went_before(recwarn: pytest.WarningsRecorder) -> None:
    seen: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: seen.append(str(message))
        listen()
        warnings.warn("elsewhere", stacklevel=1)
    assert seen == ["elsewhere"]
    assert not recwarn.list


def test_pillows_own_log_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    with remarks("cell.tif"):
        logging.getLogger("PIL.TiffImagePlugin").error("More samples per pixel than can be decoded: %d", 9)
    assert "cell.tif: More samples per pixel than can be decoded: 9" in caplog.messages


def test_on_a_terminal_it_is_one_line(tmp_path: Path) -> None:
    for name in ("a.tif", "b.tif"):
        (tmp_path / name).write_bytes(odd_tiff())
    code = "from pathlib import Path; from leukolens.images.decode import read_rgb; [read_rgb(Path(n)) for n in 'ab']"
    code = code.replace("Path(n)", "Path(n + '.tif')")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["a.tif", "b.tif"]

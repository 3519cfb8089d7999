"""libtiff's messages belong to the file that was decoded when they came; none of them is printed without a name."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from imagemaker import RGB
from PIL import Image

from leukolens.base.errors import ImageError
from leukolens.images.decode import decode_rgb

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there libtiff is part of Pillow's own file")


def damaged(compression: str) -> bytes:
    """A TIFF whose packed pixels are wrong in their middle."""
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "TIFF", compression=compression)
    data = bytearray(file.getvalue())
    with Image.open(io.BytesIO(data)) as image:
        (start, *_), (length, *_) = image.tag_v2[273], image.tag_v2[279]  # type: ignore[attr-defined]
    data[start + length // 2 : start + length // 2 + 8] = b"\xff" * 8
    return bytes(data)


@pytest.mark.parametrize(("compression", "module"), [("tiff_deflate", "ZIPDecode"), ("tiff_lzw", "LZWDecode|tempfile")])
def test_the_message_is_part_of_the_reason(compression: str, module: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImageError, match=rf"cell\.tif: is cut short or damaged \(.*({module}).*\)"):
        decode_rgb(damaged(compression), name="cell.tif")
    assert capfd.readouterr().err == ""


def test_threads_do_not_mix_their_messages() -> None:
    zipped, lzw = damaged("tiff_deflate"), damaged("tiff_lzw")

    def reason(number: int) -> str:
        with pytest.raises(ImageError) as caught:
            decode_rgb(zipped if number % 2 else lzw, name=str(number))
        return caught.value.reason

    with ThreadPoolExecutor(4) as pool:
        reasons = list(pool.map(reason, range(200)))
    assert all("ZIPDecode" in text for text in reasons[1::2])
    assert not any("ZIPDecode" in text for text in reasons[::2])


def test_without_a_file_a_message_is_printed_as_before(tmp_path: Path) -> None:
    (tmp_path / "cell.tif").write_bytes(damaged("tiff_deflate"))
    code = (
        "from leukolens.images import libtiff; libtiff.listen()\n"
        "from PIL import Image\n"
        "try: Image.open('cell.tif').load()\n"
        "except OSError: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.startswith("ZIPDecode: ")

"""Files that ended a run of version 0.1, or were judged in spite of their damage; found by 270,000 mutated files."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from leukolens.base.errors import ImageError
from leukolens.images.decode import read_rgb

CRASHERS = Path(__file__).parent / "crashers"
REFUSED = {
    "key_error_320.tif": r"is cut short or damaged \(KeyError: 320",
    "key_error_26881.tif": r"is cut short or damaged \(KeyError: 26881",
    "attribute_error.tif": r"is cut short or damaged \(AttributeError: 'IFDRational' object has no attribute 'encode'",
    "many_directories.tif": "holds several frames",
    "wrong_idat_crc.png": r"is damaged \(the checksum of its IDAT chunk is wrong\)",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_broke_a_run_is_refused_with_its_reason(name: str) -> None:
    with pytest.raises(ImageError, match=REFUSED[name]) as caught:
        read_rgb(CRASHERS / name)
    assert caught.value.path == CRASHERS / name


def test_thousands_of_directories_are_answered_at_once() -> None:
    started = time.process_time()
    with pytest.raises(ImageError):
        read_rgb(CRASHERS / "many_directories.tif")
    assert time.process_time() - started < 0.2  # version 0.1: 1.9 s, and 100,000 of them minutes


def test_a_run_goes_on_behind_every_one_of_them(cells: Path, tmp_path: Path) -> None:
    cell = next(cells.glob("fold_0/hem/*.bmp"))
    files = [*(CRASHERS / name for name in REFUSED), cell]
    command = [sys.executable, "-m", "leukolens", "predict", *map(str, files), "--csv", str(tmp_path / "day.csv")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (1, 3), done.stderr  # 1 where the model refuses the generated cell too
    assert "Traceback" not in done.stderr
    assert len((tmp_path / "day.csv").read_text().splitlines()) == 1 + len(files)


@pytest.mark.parametrize("name", ["deep_nesting.jsonl", "lone_surrogate.jsonl"])
def test_a_table_that_broke_a_run_is_refused_by_name(name: str, cells: Path, tmp_path: Path) -> None:
    cell = next(cells.glob("fold_0/hem/*.bmp"))
    table = tmp_path / name
    table.write_bytes((CRASHERS / name).read_bytes())
    command = [sys.executable, "-m", "leukolens", "predict", str(cell), "--jsonl", str(table), "--resume"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert name in done.stderr
    assert table.read_bytes() == (CRASHERS / name).read_bytes()

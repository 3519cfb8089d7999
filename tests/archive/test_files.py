"""URLs → files, on this machine's disk and on a real server of S3."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from storekeeper import BUCKET, s3_server, upload

from leukolens.archive import files
from leukolens.archive.files import File, fetch, joined, list_files, local_path, names_in, read, write
from leukolens.base.errors import DatasetError, OutputError


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "day/b").mkdir(parents=True)
    (tmp_path / "day/b/2.PNG").write_bytes(b"two")
    (tmp_path / "day/1.bmp").write_bytes(b"first")
    (tmp_path / "day/notes.txt").write_bytes(b"no picture")
    return tmp_path / "day"


def test_a_folder_is_listed_as_it_was_spelled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [File(url=str(folder / "1.bmp"), size=5), File(url=str(folder / "b/2.PNG"), size=3)]
    assert list_files([str(folder)]) == whole
    monkeypatch.chdir(folder.parent)
    assert [one.url for one in list_files(["day", "day/1.bmp"])] == ["day/1.bmp", "day/b/2.PNG"]
    assert local_path("day/1.bmp") == folder / "1.bmp"


def test_a_bucket_is_listed_read_and_written(server: str, folder: Path, tmp_path: Path) -> None:
    urls = upload(folder, "listed")
    assert [one.url for one in list_files([f"s3://{BUCKET}/listed"])] == [urls[0], urls[1]]
    assert read(urls[0]) == b"first"
    assert local_path(urls[0]) is None
    fetch(urls[1], tmp_path / "here")
    assert (tmp_path / "here").read_bytes() == b"two"
    with pytest.raises(FileNotFoundError):
        read(f"s3://{BUCKET}/listed/absent.png")
    out = f"s3://{BUCKET}/out/"
    assert names_in(out) == []
    write(joined(out, "part-1.parquet"), b"rows")
    assert names_in(out) == ["part-1.parquet"]
    assert read(joined(out, "part-1.parquet")) == b"rows"


def test_what_cannot_be_listed_or_written_is_named(server: str, folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"nobody.*cannot be listed|holds no images"):
        list_files(["s3://nobody/day"])
    with pytest.raises(DatasetError, match=r"b/c: (holds no images|cannot be listed)"):
        list_files([str(folder / "b/c")])
    with pytest.raises(DatasetError, match=r"gopher://x/y: cannot be opened"):
        list_files(["gopher://x/y"])
    with pytest.raises(OutputError, match=r"s3://nobody/x: cannot be written"):
        write("s3://nobody/x", b"rows")
    assert {".bmp", ".svs"} <= files.TAKEN

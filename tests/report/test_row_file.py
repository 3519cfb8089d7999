"""A table loses nothing that was written, never holds half a row, and belongs to one run at a time."""

import errno
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from fulldisk import full_after
from rowmaker import ODD, row

from leukolens.base.errors import OutputError
from leukolens.report.row_file import SYNC_EVERY, RowFile
from leukolens.report.rows import CSV, JSONL, Kind

KINDS = pytest.mark.parametrize("kind", [CSV, JSONL], ids=["csv", "jsonl"])
MODEL = row().model_id


def whole(kind: Kind, rows: list[object]) -> bytes:
    return (kind.header + "".join(map(kind.encode, rows))).encode()  # type: ignore[arg-type]


def open_new(path: Path, kind: Kind = CSV) -> RowFile:
    return RowFile(path, kind, model_id=MODEL, resume=False)


def go_on(path: Path, kind: Kind = CSV, *, model_id: str = MODEL) -> RowFile:
    return RowFile(path, kind, model_id=model_id, resume=True)


@KINDS
def test_each_row_stands_in_the_file_before_the_next(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "new/folder/x"
    with open_new(path, kind) as file:
        assert path.read_bytes() == whole(kind, [])
        for number, one in enumerate(ODD, 1):
            file.append(one)
            assert path.read_bytes() == whole(kind, ODD[:number])


@KINDS
def test_it_goes_on_after_the_last_row(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "x"
    with open_new(path, kind) as file:
        file.append(ODD[0])
    with go_on(path, kind) as file:
        assert file.rows == (ODD[0],)
        assert file.notice == ""
        file.append(ODD[1])
    assert path.read_bytes() == whole(kind, ODD[:2])


@KINDS
def test_a_table_cut_at_any_byte_goes_on_with_its_whole_rows(tmp_path: Path, kind: Kind) -> None:
    data = whole(kind, ODD[:3])
    path = tmp_path / "x"
    for length in range(len(data) + 1):
        path.write_bytes(data[:length])
        with go_on(path, kind) as file:
            expected = data[:length].count(b"\n") - bool(kind.header)
            assert file.rows == tuple(ODD[: max(expected, 0)])
            assert bool(file.notice) == (length > 0 and data[length - 1] != ord("\n"))
            for one in ODD[len(file.rows) : 3]:
                file.append(one)
        assert path.read_bytes() == data


def test_the_notice_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(whole(CSV, ODD[:1]) + b"half a")
    with go_on(path) as file:
        assert file.notice == f"{path}: its last line was cut and is left out"


@KINDS
def test_an_existing_file_is_refused_and_kept(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"x: exists already\. Go on with it by --resume"):
        open_new(path, kind)
    assert path.read_bytes() == b"mine"


STRANGE = {
    "no line end": b"BM\x00\x01\x02",
    "text": b"Dear colleague,\nplease find\n",
    "zeros": b"\0" * 100,
    "other columns": CSV.header.encode().replace(b",reason", b"") + b"x\n",
    "an older schema": b"path,verdict,p_all,model_id,reason\na.bmp,ALL,0.5,0123456789ab,\n",
    "saved by a spreadsheet": whole(CSV, ODD[:2]).replace(b"\n", b"\r\n"),
    "a broken row between": whole(CSV, ODD[:1]) + b"x,y\n" + CSV.encode(ODD[1]).encode(),
    "no UTF-8": whole(CSV, ODD[:1]) + b"\xff\n",
    "JSON of something else": b'{"a": 1}\n',
    "a JSON list": b"[\n]\n",
}


@KINDS
@pytest.mark.parametrize("what", STRANGE)
def test_another_file_is_refused_and_kept(tmp_path: Path, kind: Kind, what: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(STRANGE[what])
    with pytest.raises(OutputError, match=r"x: (is no table of this version|holds no row of LeukoLens in line)"):
        go_on(path, kind)
    assert path.read_bytes() == STRANGE[what]


def test_a_table_of_the_other_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(whole(CSV, ODD))
    with pytest.raises(OutputError):
        go_on(path, JSONL)
    path.write_bytes(whole(JSONL, ODD))
    with pytest.raises(OutputError):
        go_on(path, CSV)


def test_the_broken_line_is_numbered(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(STRANGE["a broken row between"])
    with pytest.raises(OutputError, match="in line 3"):
        go_on(path)


@KINDS
def test_another_models_table_is_refused_and_kept(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "x"
    path.write_bytes(whole(kind, ODD))
    with pytest.raises(OutputError, match=r"x: was written with model 0123456789ab, not ffff"):
        go_on(path, kind, model_id="ffff")
    assert path.read_bytes() == whole(kind, ODD)


@KINDS
def test_rows_can_be_left_out_and_it_goes_on(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "x"
    path.write_bytes(whole(kind, ODD[:4]))
    with go_on(path, kind) as file:
        file.keep([ODD[1], ODD[3]])
        assert path.read_bytes() == whole(kind, [ODD[1], ODD[3]])
        with pytest.raises(OutputError, match="is being written by another run"):
            go_on(path, kind)
        file.append(ODD[4])
    assert path.read_bytes() == whole(kind, [ODD[1], ODD[3], ODD[4]])
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_the_same_rows_are_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(whole(CSV, ODD))
    before = path.stat().st_ino
    with go_on(path) as file:
        file.keep(ODD)
    assert path.stat().st_ino == before


# two runs


@KINDS
def test_two_runs_cannot_write_the_same_file(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "x"
    with open_new(path, kind) as file:
        file.append(ODD[0])
        with pytest.raises(OutputError, match=r"x: is being written by another run\. Wait for it"):
            go_on(path, kind)
        file.append(ODD[1])
    assert path.read_bytes() == whole(kind, ODD[:2])
    go_on(path, kind).__exit__(None, None, None)


def hold(path: Path, said: Connection) -> None:
    """Another run, in a process of its own, until it is killed."""
    with open_new(path) as file:
        file.append(ODD[0])
        said.send("open")
        signal.pause()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_run_leaves_its_rows_and_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "x"
    here, there = multiprocessing.Pipe()
    other = multiprocessing.get_context("fork").Process(target=hold, args=(path, there))
    other.start()
    assert here.poll(60)
    with pytest.raises(OutputError, match="another run"):
        go_on(path)
    other.kill()
    other.join()
    with go_on(path) as file:
        assert file.rows == (ODD[0],)


def test_a_file_that_was_replaced_meanwhile_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.write_bytes(whole(CSV, ODD[:1]))
    real = os.open

    def replaced(name: Path, flags: int, mode: int = 0o777) -> int:
        found = real(name, flags, mode)
        path.unlink()
        path.write_bytes(whole(CSV, ODD[:2]))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", replaced)
        with pytest.raises(OutputError, match="another run"):
            go_on(path)
    assert path.read_bytes() == whole(CSV, ODD[:2])


# a full disk


@KINDS
def test_a_disk_full_at_any_byte_leaves_whole_rows(tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:

    def fill(path: Path) -> None:
        with open_new(path, kind) as file:
            for one in ODD[:3]:
                file.append(one)

    total = len(whole(kind, ODD[:3]))
    for room in range(total):
        path = tmp_path / f"x{room}"
        with full_after(monkeypatch, room), pytest.raises(OutputError, match="no space left while writing") as caught:
            fill(path)
        assert str(caught.value).startswith(f"{path}: ")
        if room < len(kind.header):
            assert not path.exists()
            continue
        assert "go on with --resume" in str(caught.value)
        data = path.read_bytes()
        fitting = max(number for number in range(4) if len(whole(kind, ODD[:number])) <= room)
        assert data == whole(kind, ODD[:fitting])
        with go_on(path, kind) as file:
            for one in ODD[len(file.rows) : 3]:
                file.append(one)
        assert path.read_bytes() == whole(kind, ODD[:3])


def test_another_trouble_is_named_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        open_new(tmp_path / "x") as file,
        full_after(monkeypatch, 0, errno.EIO),
        pytest.raises(OutputError, match=r"x: cannot be written \(Input/output error\)"),
    ):
        file.append(ODD[0])


def test_a_disk_found_full_late_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="x: no space left while writing"), open_new(tmp_path / "x") as file:
        file.append(ODD[0])


def test_rows_are_brought_to_the_disk_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brought: list[int] = []
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with open_new(tmp_path / "x") as file:
        monkeypatch.setattr(os, "fsync", brought.append)
        for _ in range(10):
            now += SYNC_EVERY / 2
            file.append(ODD[0])
    assert len(brought) == 3 + 1  # every third row, and the end


@pytest.mark.parametrize("place", ["a folder", "below a file"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("x")
    path = tmp_path if place == "a folder" else tmp_path / "file" / "x.csv"
    with pytest.raises(OutputError, match="cannot be written"):
        go_on(path)
    assert (tmp_path / "file").read_text() == "x"

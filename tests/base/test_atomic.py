"""Files appear whole or not at all, and a failed write names the file, keeps the old one and leaves no rest."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from matplotlib.figure import Figure

from leukolens.base import atomic
from leukolens.base.errors import OutputError

FULL = OSError(errno.ENOSPC, "No space left on device")


def full(*_: Any) -> NoReturn:
    raise FULL


@pytest.fixture
def umask() -> Iterator[None]:
    """Put back whatever a test sets."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_nothing_stands_in_the_place_before_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with atomic.place(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.parent == tmp_path  # the same disk, so that the rename is one step
        assert temporary.suffix == ".txt"
    assert path.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    with atomic.place(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_folders_are_made(tmp_path: Path) -> None:
    atomic.write_bytes(tmp_path / "a/b/out.bin", b"\0\xff")
    assert (tmp_path / "a/b/out.bin").read_bytes() == b"\0\xff"


@pytest.mark.parametrize("old", [None, "old"])
def test_no_space_left_names_the_file_keeps_the_old_and_leaves_no_rest(tmp_path: Path, old: str | None) -> None:
    path = tmp_path / "out.txt"
    if old is not None:
        path.write_text(old)

    def write() -> None:
        with atomic.place(path) as temporary:
            temporary.write_text("half")
            raise FULL

    with pytest.raises(OutputError) as caught:
        write()
    assert str(caught.value) == f"{path}: no space left while writing. Free some space and run it again"
    assert [(file, file.read_text()) for file in tmp_path.iterdir()] == ([] if old is None else [(path, old)])


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.write_bytes"])
def test_a_disk_that_fills_at_any_step_leaves_the_old_file(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    with monkeypatch.context() as patched:
        patched.setattr(step, full)
        with pytest.raises(OutputError, match="no space left while writing"):
            atomic.write_text(path, "new")
    assert [(file, file.read_text()) for file in tmp_path.iterdir()] == [(path, "old")]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_and_a_full_quota_are_told_alike(number: int) -> None:
    assert "no space left" in str(atomic.output_error(Path("x"), OSError(number, "whatever")))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")  # tests may run as root, whom no mode keeps out

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(OutputError) as caught:
        atomic.write_text(tmp_path / "out.txt", "x")
    assert str(caught.value) == f"{tmp_path}/out.txt: cannot be written (Permission denied). Choose another place"


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(OutputError, match=f"{tmp_path}/a/out.txt: cannot be written"):
        atomic.write_text(tmp_path / "a/out.txt", "x")


def test_a_folder_in_the_place_is_told_and_stays(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="out: cannot be written"):
        atomic.write_text(tmp_path / "out", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_another_failure_passes_as_it_is_and_leaves_no_rest(tmp_path: Path, error: type[BaseException]) -> None:
    def write() -> None:
        with atomic.place(tmp_path / "out.txt") as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o002, 0o664)])
def test_results_are_ordinary_files(tmp_path: Path, mask: int, mode: int) -> None:
    os.umask(mask)
    atomic.write_text(tmp_path / "out.txt", "x")
    assert stat.S_IMODE((tmp_path / "out.txt").stat().st_mode) == mode
    assert os.umask(mask) == mask


def test_text_is_utf_8(tmp_path: Path) -> None:
    atomic.write_text(tmp_path / "out.txt", "450×450\n")
    assert (tmp_path / "out.txt").read_bytes() == b"450\xc3\x97450\n"


def test_json_keeps_order_and_letters(tmp_path: Path) -> None:
    atomic.write_json(tmp_path / "out.json", {"σ": 2, "a": [1]})
    assert (tmp_path / "out.json").read_text("utf-8") == '{\n  "σ": 2,\n  "a": [\n    1\n  ]\n}\n'


def test_csv_has_one_header_unix_lines_and_quotes(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"name": "a,b", "p": 0.5}, {"name": "ü", "p": None}]
    atomic.write_csv(tmp_path / "out.csv", ("name", "p"), rows)
    assert (tmp_path / "out.csv").read_bytes().decode() == 'name,p\n"a,b",0.5\nü,\n'


def test_a_csv_whose_rows_fail_half_way_is_not_there(tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, int]]:
        yield {"a": 1}
        raise FULL

    with pytest.raises(OutputError, match=r"out\.csv: no space left"):
        atomic.write_csv(tmp_path / "out.csv", ("a",), rows())
    assert list(tmp_path.iterdir()) == []


def test_equal_figures_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        figure = Figure(figsize=(1, 1))
        figure.subplots().plot([0, 1])
        atomic.write_png(tmp_path / name, figure)
    data = (tmp_path / "a.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert b"matplotlib" not in data.lower()
    assert data == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_appears_whole(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "new" / "folder"
    if there:
        path.mkdir(parents=True)
    with atomic.place_folder(path) as folder:
        (folder / "a").write_text("1")
        assert not path.exists() or not any(path.iterdir())
    assert [entry.name for entry in path.iterdir()] == ["a"]
    assert [entry.name for entry in path.parent.iterdir()] == ["folder"]


def test_a_folder_that_cannot_be_filled_leaves_no_rest(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no space left while writing"), atomic.place_folder(tmp_path / "folder"):
        raise FULL
    assert not any(tmp_path.iterdir())


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is done to which name, in order: 'sync', 'replace' or 'rename'. The real thing is done too."""
    done: list[tuple[str, str]] = []
    fsync, replace, rename = os.fsync, os.replace, os.rename

    def synced(handle: int) -> None:
        done.append(("sync", Path(os.readlink(f"/proc/self/fd/{handle}")).name))
        fsync(handle)

    def replaced(source: Any, target: Any, **more: Any) -> None:
        done.append(("replace", Path(target).name))
        replace(source, target, **more)

    def renamed(source: Any, target: Any, **more: Any) -> None:
        done.append(("rename", Path(target).name))
        rename(source, target, **more)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    monkeypatch.setattr(os, "rename", renamed)
    return done


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names of open files are Linux's")
def test_a_file_is_synced_before_its_rename_and_its_folder_after(tmp_path: Path, steps: list[tuple[str, str]]) -> None:
    atomic.write_text(tmp_path / "out.txt", "x")
    (first, written), *rest = steps
    assert first == "sync"
    assert written.startswith(".out.txt.")
    assert rest == [("replace", "out.txt"), ("sync", tmp_path.name)]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names of open files are Linux's")
def test_all_in_a_folder_is_synced_before_its_rename(tmp_path: Path, steps: list[tuple[str, str]]) -> None:
    with atomic.place_folder(tmp_path / "out") as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "a").write_text("1")
        (folder / "b").write_text("2")
        (folder / "link").symlink_to(tmp_path)
    *before, rename, last = steps
    assert sorted(before) == sorted([("sync", "deep"), ("sync", "a"), ("sync", "b"), ("sync", folder.name)])
    assert [rename, last] == [("rename", "out"), ("sync", tmp_path.name)]


def test_what_a_kill_left_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    for name in (
        ".curves.png.ax55e6af.png",
        ".split.csv.0_abcdef.csv",
        ".facts.12345678",
        ".mine",
        "a.png",
        ".x.toolongname",
    ):
        (tmp_path / name).write_text("")
    atomic.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mine", ".x.toolongname", "a.png"]

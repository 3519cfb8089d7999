"""Files and folders appear whole or not at all: written beside their place, synced, then renamed over it.

A rename may reach the disk before the bytes it renames, and itself only with its folder: so the files are synced before
it, and the folder after it. Then a power cut leaves the old or the new, whole.
"""

import contextlib
import csv
import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from leukolens.base.errors import OutputError

_BEGUN = re.compile(r"\..+\.[a-z0-9_]{8}(\.[^.]+)?")
"""Name of a temporary file: the place's, eight random signs, its ending."""


@contextlib.contextmanager
def place(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Yield a temporary path in `path`'s folder; on success it takes `path`'s place, on failure it is removed.

    private: for its owner alone. Raises OutputError that names `path` when the disk is full or the folder cannot be
    written.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        if not private:
            temporary.chmod(0o666 & ~_umask())  # mkstemp makes files private; results are ordinary files
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what `place` had begun in the folder when its process was killed. Nobody else may be writing there."""
    for path in folder.glob(".*"):
        if _BEGUN.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def place_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`, which is absent or an empty folder; else as `place`."""
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        yield temporary
        temporary.chmod(0o777 & ~_umask())  # mkdtemp makes folders private
        for inside in (*temporary.rglob("*"), temporary):
            if not inside.is_symlink() and (inside.is_file() or inside.is_dir()):
                sync(inside)
        if path.exists():
            path.rmdir()
        temporary.rename(path)
        sync(path.parent)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def sync(path: Path) -> None:
    """Wait until a file's bytes, or the names in a folder, are on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folder; NTFS writes its names in a journal
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def output_error(path: Path, error: OSError) -> OutputError:
    """The same words for every failed write."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError("no space left while writing", path=path, hint="Free some space and run it again")
    return OutputError(f"cannot be written ({error.strerror or error})", path=path, hint="Choose another place")


def write_bytes(path: Path, data: bytes) -> None:
    """`data` becomes the whole content of `path`."""
    with place(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """UTF-8."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Indented, keys in the order given, so that two runs can be compared line by line."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """One header line, then the rows; a missing value is an empty field."""
    with place(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


class Figure(Protocol):
    """A matplotlib figure, without importing matplotlib where nothing is drawn."""

    def savefig(self, fname: Path, **options: Any) -> None:
        """matplotlib's."""


def write_png(path: Path, figure: Figure) -> None:
    """Draw `figure`; the file holds no name of the program, so equal figures are equal bytes."""
    with place(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, bbox_inches="tight", metadata={"Software": ""})

"""A table that grows row by row: a cut run loses nothing, a later one goes on, and two runs never write the same file.

Each row is handed to the system whole before the next one comes, and to the disk every SYNC_EVERY seconds. A row that
does not fit is taken back, so that every line of the file is whole.
"""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from leukolens.base import atomic
from leukolens.base.errors import OutputError
from leukolens.cases.row import Row
from leukolens.report.rows import Kind

SYNC_EVERY = 2.0
"""Seconds of rows that a power cut may take; what ends only the program takes none."""
_BUSY = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


class RowFile:
    """One table, open and locked for this run alone.

    resume: go on with what `path` holds, which stands in `rows`; else `path` must not exist. Raises OutputError that
    names the file when it exists (without resume), holds anything else than rows of this schema and model, is being
    written by another run, or cannot be written. A last line that was cut is left out and named in `notice`.
    """

    def __init__(self, path: Path, kind: Kind, *, model_id: str, resume: bool) -> None:
        self.path = path
        self.kind = kind
        self.rows: tuple[Row, ...] = ()
        self.notice = ""
        self._size = 0
        self._synced = time.monotonic()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _open(path, new=not resume)
        except OSError as error:
            if isinstance(error, FileExistsError) and path.exists():
                hint = "Go on with it by --resume, or write another"
                raise OutputError("exists already", path=path, hint=hint) from error
            raise atomic.output_error(path, error) from error
        self._new = not os.fstat(self._file).st_size
        try:
            self._begin(model_id)
        except BaseException as error:
            os.close(self._file)
            if not isinstance(error, OSError):
                raise
            if self._new:  # nothing half-written: not even the header
                path.unlink(missing_ok=True)
            raise atomic.output_error(path, error) from error

    def _begin(self, model_id: str) -> None:
        _lock(self._file, self.path)
        data = self.path.read_bytes()
        if data:
            self.rows, self.notice = _rows(data, self.path, self.kind, model_id)
            self._size = data.rfind(b"\n") + 1
            os.ftruncate(self._file, self._size)
        if not self._size:
            self._write(self.kind.header)

    def take_back(self) -> None:
        """Remove the file, closed already, if this run made it and it holds no row."""
        if self._new and self._size == len(self.kind.header):
            self.path.unlink(missing_ok=True)

    def keep(self, rows: Sequence[Row]) -> None:
        """Let the file hold these rows and no others. It is replaced in one step when that changes it."""
        if tuple(rows) == self.rows:
            return
        data = "".join([self.kind.header, *map(self.kind.encode, rows)]).encode()
        if sys.platform == "win32":  # where an open file cannot be replaced
            os.close(self._file)
        atomic.write_bytes(self.path, data)
        try:
            new = _open(self.path, new=False)
            _lock(new, self.path)
        except OSError as error:
            raise atomic.output_error(self.path, error) from error
        if sys.platform != "win32":
            os.close(self._file)  # and its lock with it, only now that the new file's is held
        self._file, self.rows, self._size = new, tuple(rows), len(data)

    def append(self, row: Row) -> None:
        """Write one row. Raises OutputError, and the file ends with the row before."""
        try:
            self._write(self.kind.encode(row))
            if time.monotonic() - self._synced > SYNC_EVERY:
                os.fsync(self._file)
                self._synced = time.monotonic()
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            found = atomic.output_error(self.path, error)
            hint = f"{found.hint}; the rows before it are whole: go on with --resume"
            raise OutputError(found.reason, path=self.path, hint=hint) from error

    def _write(self, line: str) -> None:
        data = line.encode()
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self._size += len(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            os.fsync(self._file)
        except OSError as full:
            if error is None:
                raise atomic.output_error(self.path, full) from full
        finally:
            with contextlib.suppress(OSError):
                os.close(self._file)


def _open(path: Path, *, new: bool) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | (os.O_EXCL if new else 0) | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o666)


def _lock(file: int, path: Path) -> None:
    """Raises OutputError when another run holds `path` or has just replaced it. The lock goes with the process."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, 1 << 40, os.SEEK_SET)  # a byte far behind the rows, so that others can still read them
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _BUSY:
            raise
        raise _busy(path) from error
    if not os.path.samestat(os.fstat(file), path.stat()):
        raise _busy(path)


def _busy(path: Path) -> OutputError:
    return OutputError("is being written by another run", path=path, hint="Wait for it, or write another file")


def _rows(data: bytes, path: Path, kind: Kind, model_id: str) -> tuple[tuple[Row, ...], str]:
    """The whole rows in `data`, and a notice when the last one was cut."""
    *lines, rest = data.split(b"\n")
    notice = f"{path}: its last line was cut and is left out" if rest else ""
    header = [kind.header.removesuffix("\n").encode()] if kind.header else []
    begins = (kind.header or '{"path": "').encode()
    ours = lines[: len(header)] == header if lines else begins.startswith(rest) or rest.startswith(begins)
    if not ours:
        raise OutputError("is no table of this version of LeukoLens", path=path, hint="Write another file")
    rows = []
    for number, line in enumerate(lines[len(header) :], start=len(header) + 1):
        try:
            row = kind.decode(line.decode())
        except ValueError as error:
            hint = "Write another file"
            raise OutputError(f"holds no row of LeukoLens in line {number} ({error})", path=path, hint=hint) from error
        if row.model_id != model_id:
            reason = f"was written with model {row.model_id}, not {model_id}"
            raise OutputError(reason, path=path, hint="Write another file, or give that model")
        rows.append(row)
    return tuple(rows), notice

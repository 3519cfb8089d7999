"""CSV and JSON Lines of one run together: the same rows in both, and what an earlier run left of them."""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from leukolens.base.errors import ImageError, OutputError
from leukolens.base.names import in_one_line, place_of
from leukolens.base.stream import in_order
from leukolens.cases.row import Row
from leukolens.images.decode import read_file
from leukolens.report.row_file import RowFile
from leukolens.report.rows import CSV, JSONL


class Tables:
    """The tables of one run; none is fine too."""

    def __init__(self, files: Sequence[RowFile]) -> None:
        self._files = files
        self.notices = [file.notice for file in files if file.notice]

    @property
    def rows(self) -> list[Row]:
        """What they hold, in the order judged; a row that only one of them got is among them."""
        return list({(row.path, row.sha256): row for file in self._files for row in file.rows}.values())

    def keep(self, rows: Sequence[Row]) -> None:
        """Let every table hold these and no others."""
        for file in self._files:
            file.keep(rows)

    def append(self, row: Row) -> None:
        """Write one row to every table."""
        for file in self._files:
            file.append(row)


@contextlib.contextmanager
def open_tables(csv: Path | None, jsonl: Path | None, *, model_id: str, resume: bool) -> Iterator[Tables]:
    """Open what is asked for, or nothing. Raises OutputError; see RowFile."""
    files: list[RowFile] = []
    with contextlib.ExitStack() as stack:
        try:
            for path, kind in ((csv, CSV), (jsonl, JSONL)):
                if path is not None:
                    files.append(stack.enter_context(RowFile(path, kind, model_id=model_id, resume=resume)))
        except BaseException:
            stack.close()
            for file in files:
                file.take_back()
            raise
        yield Tables(files)


def still_true(rows: Iterable[Row], patients: Mapping[Path, str], *, threads: int) -> list[Row]:
    """Those rows that need not be judged again: of a file whose bytes are the same, or that is not asked for now.

    A file that could not be read gets another chance. patients: every file that is asked for → its patient. Raises
    OutputError when a row that stays has another patient.
    """
    asked = {place_of(str(path)): path for path in patients}

    def stays(row: Row) -> bool:
        path = asked.get(place_of(row.path))
        return path is None or (row.sha256 != "" and _sha256(path) == row.sha256)

    listed = list(rows)
    kept = [row for row, same in zip(listed, in_order(stays, listed, threads=threads), strict=True) if same]
    for row in kept:
        path = asked.get(place_of(row.path))
        if path is not None and in_one_line(patients[path]) != row.patient:
            reason = f"{row.path} was patient {row.patient!r} when it was judged, and is {patients[path]!r} now"
            raise OutputError(reason, hint="Give the same --patient-from as before, or write another table")
    return kept


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(read_file(path)).hexdigest()
    except ImageError:
        return ""

"""Rows, pictures and model card → one HTML file that opens offline: patients first, then cells by probability.

Nothing in it comes from elsewhere, and its content security policy forbids that it ever would: no script runs but the
page's own filter. Each row's values stand in elements whose class is the column's name, the same texts as in the CSV.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from leukolens.base import atomic
from leukolens.base.errors import OutputError
from leukolens.cases.row import Row
from leukolens.model.card import ModelCard
from leukolens.predict.prediction import Prediction
from leukolens.report import markup
from leukolens.report import thumbnails as pictures
from leukolens.report.summary import Tally

_STRONGEST = 0.95
"""Share of the cells whose whole map lies inside the colour scale; the few strongest would pale all others."""


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """A row, and where its thumbnail lies in the temporary file."""

    row: Row
    start: int
    length: int
    """Bytes; 0 without a picture."""
    evidence: NDArray[np.float32] | None


class Page:
    """Takes a day's cells one by one; `write` makes the file.

    Thumbnails wait in a temporary file beside `path`, which goes with the process, so that memory holds rows alone.
    replace: whether a report that stands at `path` may be replaced. Raises OutputError.
    """

    def __init__(self, path: Path, *, replace: bool) -> None:
        self.path = path
        self._replace = replace
        self._cells: list[_Cell] = []
        self._bytes = 0
        try:
            _refuse_existing(path, replace=replace)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._pictures = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115  # closed by __exit__
        except OSError as error:
            raise atomic.output_error(path, error) from error

    def add(self, row: Row, prediction: Prediction | None) -> None:
        """One more row. prediction: made with explain=True; None for a row without a picture."""
        picture = b""
        if prediction is not None and prediction.pixels is not None:
            picture = pictures.thumbnail(prediction.pixels)
        evidence = None if prediction is None else prediction.evidence
        self._cells.append(_Cell(row=row, start=self._bytes, length=len(picture), evidence=evidence))
        self._bytes += len(picture)
        try:
            self._pictures.write(picture)
        except OSError as error:
            raise atomic.output_error(self.path, error) from error

    def write(self, card: ModelCard, tally: Tally) -> None:
        """Write the page whole, or raise OutputError and leave what stands there."""
        _refuse_existing(self.path, replace=self._replace)  # another run may have been faster
        with atomic.place(self.path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(self._parts(card, tally))

    def _parts(self, card: ModelCard, tally: Tally) -> Iterator[str]:
        full = self._full()
        yield markup.head()
        yield f"<h1>Cells judged by LeukoLens</h1>\n<p>{tally.files} files: {tally.line()}.</p>\n"
        yield markup.warning(card)
        yield markup.patients_table(tally.patients(), rule=tally.rule(), stain=tally.stain())
        yield markup.filters(cell.row for cell in self._cells)
        yield markup.cells_head(full)
        for cell in sorted(self._cells, key=lambda one: -1.0 if one.row.p_all is None else one.row.p_all, reverse=True):
            self._pictures.seek(cell.start)
            yield markup.cell_row(cell.row, self._pictures.read(cell.length), cell.evidence, full=full)
        yield "</tbody></table>\n"
        yield markup.model(card)
        yield markup.end()

    def _full(self) -> float:
        """Evidence at which the colours end: the same for all cells, so that their maps can be compared."""
        strongest = [float(np.abs(cell.evidence).max()) for cell in self._cells if cell.evidence is not None]
        return max(float(np.quantile(strongest, _STRONGEST)), 1e-6) if strongest else 1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # a full disk, said before
            self._pictures.close()


def _refuse_existing(path: Path, *, replace: bool) -> None:
    if not path.exists():
        return
    if not replace:
        raise OutputError("exists already", path=path, hint="Go on with it by --resume, or write another")
    with path.open("rb") as file:
        if file.read(len(markup.MARK)) != markup.MARK.encode():
            raise OutputError("exists, and is no report of LeukoLens", path=path, hint="Write another file")

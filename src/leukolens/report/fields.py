"""Fields as the report shows them: each once, with its cells outlined and what was found in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from leukolens.base.names import file_of
from leukolens.cases.fields import StoredField
from leukolens.cases.record import Point
from leukolens.cases.row import Row
from leukolens.report.evidence import data_uri
from leukolens.report.found import Found
from leukolens.report.head import chip_of

_LETTER = 55
"""How many times the number beside a cell fits into the field's longer side."""


@dataclass(frozen=True, kw_only=True)
class OutlinedCell:
    """A cell in its field."""

    number: int
    """Within the field."""
    row: int
    """Its row on the page."""
    chip: str
    """Class of its verdict."""
    label: str
    """The verdict in words."""
    points: str
    """SVG points, px of the field."""
    x: float
    """Where its number stands, likewise."""
    y: float


@dataclass(frozen=True, kw_only=True)
class ShownField:
    """A field on the page."""

    number: int
    """From 1."""
    file: str
    patient: str
    width: int
    height: int
    scale: str
    """µm per px with its error and where it is from."""
    found: Found
    jpeg: str
    """Data URI; '' where no picture was kept."""
    cells: list[OutlinedCell]

    @property
    def letter(self) -> float:
        """Font size of the numbers, px of the field."""
        return max(self.width, self.height) / _LETTER


class Places:
    """Where each field's cells stand on the page, and what was found in each field. Rows come in the page's order."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int], tuple[int, str, str]] = {}
        """(Field's path, cell) → its row's number, verdict and p(ALL)."""
        self._found: dict[str, Found] = {}
        """Field's path → its counts."""
        self._numbers: dict[str, int] = {}
        """Field's path → its number on the page, of the fields that were shown."""

    def add(self, number: int, row: Row) -> None:
        """number: of the row on the page. What is not a field's cell stands nowhere."""
        if row.cell is None:
            return
        p_all = "" if row.p_all is None else f"{row.p_all:.2f}"
        self._rows[row.path, row.cell] = number, row.verdict or "", p_all
        self._found.setdefault(row.path, Found()).add(row)

    def shown(self, fields: Iterable[StoredField]) -> Iterator[ShownField]:
        """One after the other; each holds its picture."""
        for number, field in enumerate(fields, 1):
            self._numbers[field.path] = number
            yield ShownField(
                number=number,
                file=file_of(field.path) or field.path,
                patient=field.patient,
                width=field.width or 1,
                height=field.height or 1,
                scale=_scale(field),
                found=self._found.get(field.path, Found()),
                jpeg="" if field.jpeg is None else data_uri(field.jpeg, "jpeg"),
                cells=[
                    self._outlined(field.path, cell, points)
                    for cell, points in field.polygons.items()
                    if (field.path, cell) in self._rows
                ],
            )

    def back(self, row: Row) -> str:
        """Id of the row's outline in a field that was shown; '' where the row is not a field's cell."""
        number = self._numbers.get(row.path)
        return "" if row.cell is None or number is None else f"field-{number}-{row.cell}"

    def _outlined(self, path: str, cell: int, points: tuple[Point, ...]) -> OutlinedCell:
        row, verdict, p_all = self._rows[path, cell]
        chip, word = chip_of(verdict)
        probability = f", p(ALL) {p_all}" if p_all else ""
        return OutlinedCell(
            number=cell,
            row=row,
            chip=chip,
            label=f"Cell {cell}: {verdict}{word}{probability}",
            points=" ".join(f"{x:g},{y:g}" for x, y in points),
            x=min((x for x, _ in points), default=0),
            y=min((y for _, y in points), default=0),
        )


def _scale(field: StoredField) -> str:
    if field.um_per_px is None:
        return "scale not known"
    error = "" if not field.um_per_px_error else f" ± {100 * field.um_per_px_error / field.um_per_px:.0f} %"
    return f"{field.um_per_px:.3f} µm per px{error} ({field.um_per_px_source})"

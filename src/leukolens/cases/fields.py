"""The fields of a case as a report shows them: each with its overview, its scale and where its cells lie."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from leukolens.cases import schema
from leukolens.cases.record import Point
from leukolens.cases.store import Case


@dataclass(frozen=True, kw_only=True)
class StoredField:
    """One field."""

    id: int
    """Of its input."""
    path: str
    patient: str
    width: int
    """px of the picture as it came."""
    height: int
    um_per_px: float | None
    um_per_px_error: float | None
    um_per_px_source: str
    jpeg: bytes | None
    """Overview of the whole field; None where none was kept."""
    polygons: dict[int, tuple[Point, ...]]
    """Cell → its outline, px of the picture as it came."""


def count_fields(case: Case) -> int:
    """How many there are."""
    inputs = schema.inputs.c
    query = select(func.count()).where(inputs.case_id == case.id, inputs.kind == "field")
    with case.reading() as connection:
        return int(connection.execute(query).scalar_one())


def fields_of(case: Case) -> Iterator[StoredField]:
    """Every field of the case, in the order judged; one at a time, since each brings its overview."""
    inputs, overviews = schema.inputs.c, schema.overviews.c
    of_input = ("id", "path", "patient", "width", "height", "um_per_px", "um_per_px_error", "um_per_px_source")
    query = select(*(inputs[name] for name in of_input), overviews.jpeg).select_from(schema.inputs)
    query = query.outerjoin(schema.overviews, overviews.input_id == inputs.id)
    query = query.where(inputs.case_id == case.id, inputs.kind == "field").order_by(inputs.id)
    with case.reading() as connection:
        for row in connection.execute(query).yield_per(1):
            yield StoredField(**row._mapping, polygons=_polygons(connection, row.id))


def _polygons(connection: Connection, input_id: int) -> dict[int, tuple[Point, ...]]:
    cells = schema.cells.c
    query = select(cells.number, cells.polygon).where(cells.input_id == input_id).order_by(cells.number)
    return {row.number: tuple(map(tuple, json.loads(row.polygon or "[]"))) for row in connection.execute(query)}

"""A cell that the finder missed: a reader draws it in its field and says what it is, in one step."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from leukolens.base.errors import CaseError
from leukolens.cases import schema
from leukolens.cases.add import picture_values
from leukolens.cases.record import ADDED, Picture, Point
from leukolens.cases.review import NotInCase, ReaderVerdict, ReadOnly, Word, locked
from leukolens.cases.store import Case

SMALLEST = 6
"""px of a side; anything less is a slip of the hand."""
SAME = 0.5
"""Share of both boxes together that they have in common, from which they are one cell."""
Box = tuple[int, int, int, int]


def add_missed(
    case: Case,
    input_id: int,
    *,
    box: Box,
    verdict: ReaderVerdict,
    role: str,
    polygon: Sequence[Point] = (),
    picture: Picture | None = None,
) -> tuple[int, Word]:
    """Write a cell with its reader's word. box: x0, y0, x1, y1 px of the field, x1 and y1 excluded.

    Returns the cell's id and the word. Raises NotInCase for what is not a field of this case, ReadOnly when its patient
    is signed, CaseError for a box that is too small, lies outside, or holds a cell that stands there already.
    """
    with case.change() as change:
        connection = change.connection
        inputs = schema.inputs.c
        query = select(inputs.path, inputs.patient, inputs.width, inputs.height)
        query = query.where(inputs.id == input_id, inputs.case_id == case.id, inputs.kind == "field")
        field = connection.execute(query).one_or_none()
        if field is None:
            raise NotInCase("field")
        if locked(connection, case.id, field.patient):
            raise ReadOnly
        _refuse(connection, input_id, box, width=field.width, height=field.height)
        table = schema.cells.c
        last = connection.execute(select(func.max(table.number)).where(table.input_id == input_id)).scalar()
        number = (last or 0) + 1
        edges = dict(zip(("x0", "y0", "x1", "y1"), box, strict=True))
        outline = json.dumps(polygon) if polygon else None
        row = {"input_id": input_id, "number": number, **edges, "polygon": outline, "kind": ADDED}
        (cell,) = change.insert(schema.cells, [row])
        values = picture_values(picture, cell.id)
        pictures = change.insert(schema.pictures, [values] if values else [])
        at = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"reader": case.who, "role": role, "at": at, "verdict": verdict, "withdrawn": False}
        (word,) = change.insert(schema.reviews, [{"cell_id": cell.id, **said}])
        change.log("added", f"{field.path} cell {number}", new=verdict, rows=[cell, *pictures, word])
    return cell.id, Word(version=word.id, verdict=verdict, reader=case.who, at=at)


def _refuse(connection: Connection, input_id: int, box: Box, *, width: int | None, height: int | None) -> None:
    x0, y0, x1, y1 = box
    if min(x1 - x0, y1 - y0) < SMALLEST:
        raise CaseError(
            f"the box must be at least {SMALLEST} px on each side", hint="Draw the box around the whole cell"
        )
    if min(x0, y0) < 0 or (width is not None and x1 > width) or (height is not None and y1 > height):
        raise CaseError("the box lies outside the field", hint="Draw it inside the picture")
    table = schema.cells.c
    query = select(table.number, table.x0, table.y0, table.x1, table.y1)
    for other in connection.execute(query.where(table.input_id == input_id, table.x0.is_not(None))):
        if overlap(box, (other.x0, other.y0, other.x1, other.y1)) >= SAME:
            raise CaseError(f"cell {other.number} is already there", hint="Say what that one is instead")


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """What two boxes, x0, y0, x1, y1, have in common, of both together: 0 to 1."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    common = max(across, 0.0) * max(down, 0.0)
    areas = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (one, other)]
    return common / (sum(areas) - common)

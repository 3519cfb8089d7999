"""Judged inputs → rows of the case: what `Case.add` does. Many inputs at a time, with a statement for each table."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Table, select

from leukolens.base.errors import CaseError
from leukolens.cases import schema
from leukolens.cases.change import Change, Written
from leukolens.cases.record import Answer, Cell, Judged, Picture


def add(change: Change, judged: Sequence[Judged]) -> None:
    """Write inputs with all that belongs to them; what stands under their paths goes. See `Case.add`."""
    _refuse_signed(change, {one.patient for one in judged})
    before = _remove(change, [one.path for one in judged])
    inputs = change.insert(schema.inputs, [_input_values(one, change.case_id) for one in judged])
    answers = [(row.id, answer) for one, row in zip(judged, inputs, strict=True) for answer in one.answers]
    cells = _insert_some(change, schema.cells, [_cell_values(answer.cell, number) for number, answer in answers])
    ids = [None if cell is None else cell.id for cell in cells]
    pairs = list(zip(answers, ids, strict=True))
    verdicts = change.insert(schema.verdicts, [_verdict_values(answer, number, id) for (number, answer), id in pairs])
    pictures = _insert_some(change, schema.pictures, [picture_values(answer.picture, id) for (_, answer), id in pairs])
    overviews = _insert_some(change, schema.overviews, list(map(_overview_values, judged, inputs)))
    written = zip(cells, verdicts, pictures, strict=True)
    for one, row, overview in zip(judged, inputs, overviews, strict=True):
        gone = before.get(one.path, [])
        parts = [overview, *(part for _ in one.answers for part in next(written))]
        rows = [*gone, row, *(part for part in parts if part is not None)]
        change.log("judged again" if gone else "judged", one.path, new=_said(one), rows=rows)


def _insert_some(change: Change, table: Table, rows: Sequence[Mapping[str, Any] | None]) -> list[Written | None]:
    """Write those rows that are there; a place without one stays empty."""
    written = iter(change.insert(table, [row for row in rows if row is not None]))
    return [None if row is None else next(written) for row in rows]


def _refuse_signed(change: Change, patients: Set[str]) -> None:
    """Raises CaseError when one of them was signed: what was signed stays as it was."""
    table = schema.signatures.c
    query = select(table.id).where(table.case_id == change.case_id, table.patient.in_(patients)).limit(1)
    if change.connection.execute(query).first() is not None:
        raise CaseError(
            "a patient is signed, so no more pictures can be added",
            hint="Amend the patient, or judge into another case",
        )


def _remove(change: Change, paths: Sequence[str]) -> dict[str, list[Written]]:
    """Path → the rows that are removed. Raises CaseError when a reader has reviewed one of them."""
    inputs, cells = schema.inputs.c, schema.cells.c
    query = select(inputs.id, inputs.path).where(inputs.case_id == change.case_id, inputs.path.in_(paths))
    path_of = {row.id: row.path for row in change.connection.execute(query)}
    if not path_of:
        return {}
    query = select(cells.id, cells.input_id).where(cells.input_id.in_(path_of))
    input_of = {row.id: row.input_id for row in change.connection.execute(query)}
    reviewed = select(schema.reviews.c.cell_id).where(schema.reviews.c.cell_id.in_(input_of)).limit(1)
    if (cell := change.connection.execute(reviewed).scalar()) is not None:
        raise CaseError(
            "was reviewed, but its file has changed since",
            path=path_of[input_of[cell]],
            hint="Judge it into another case, or put the old file back",
        )
    removed: dict[str, list[Written]] = defaultdict(list)
    for table, of, owner in (
        (schema.pictures, "cell_id", input_of),
        (schema.verdicts, "input_id", None),
        (schema.overviews, "input_id", None),
        (schema.cells, "input_id", None),
    ):
        column = table.c[of]
        known = path_of if owner is None else owner
        rows = change.connection.execute(select(table.c.id, column.label("of")).where(column.in_(known))).all()
        inputs_of = {row.id: row.of if owner is None else owner[row.of] for row in rows}
        for one in change.remove(table, inputs_of):
            removed[path_of[inputs_of[one.id]]].append(one)
    for one in change.remove(schema.inputs, path_of):
        removed[path_of[one.id]].append(one)
    return removed


def _input_values(one: Judged, case_id: int) -> dict[str, Any]:
    names = schema.inputs.columns.keys()
    return {"case_id": case_id, **{name: value for name, value in vars(one).items() if name in names}}


def _overview_values(one: Judged, row: Written) -> dict[str, Any] | None:
    return None if one.overview is None else {"input_id": row.id, "jpeg": one.overview}


def _cell_values(cell: Cell | None, input_id: int) -> dict[str, Any] | None:
    if cell is None:
        return None
    x0, y0, x1, y1 = cell.box or (None,) * 4
    outlines = {
        name: json.dumps(points) if (points := getattr(cell, name)) else None for name in ("polygon", "nucleus")
    }
    values = {name: value for name, value in vars(cell).items() if name != "box"}
    return {**values, **outlines, "input_id": input_id, "x0": x0, "y0": y0, "x1": x1, "y1": y1}


def _verdict_values(answer: Answer, input_id: int, cell_id: int | None) -> dict[str, Any]:
    values = {name: value for name, value in vars(answer).items() if name not in ("cell", "picture")}
    return {**values, "input_id": input_id, "cell_id": cell_id}


def picture_values(picture: Picture | None, cell_id: int | None) -> dict[str, Any] | None:
    """None where there is nothing to show, or no cell that shows it."""
    return None if picture is None or cell_id is None else {**vars(picture), "cell_id": cell_id}


def _said(one: Judged) -> str:
    """For the log: the verdicts and how often each was given."""
    verdicts = [answer.verdict or "not judged" for answer in one.answers]
    return ", ".join(
        f"{verdicts.count(name)} {name}" if len(verdicts) > 1 else name for name in dict.fromkeys(verdicts)
    )

"""A field: its picture with each cell's outline, what lies around a cell, and cells that the finder missed."""

import io
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from PIL import Image
from pydantic import BaseModel, Field
from sqlalchemy import select

from leukolens.base.names import file_of
from leukolens.cases import schema
from leukolens.cases.missed import add_missed
from leukolens.cases.reading import cells_of, count, state_of
from leukolens.cases.record import Picture
from leukolens.cases.review import NotInCase, version_of
from leukolens.cases.store import Case
from leukolens.predict.thumbnail import QUALITY
from leukolens.report.field_image import field_image, field_input, fields_of
from leukolens.report.geojson import outline
from leukolens.web.entry import AsReader, Entered, Id, Reading, bench_of
from leukolens.web.pages import page

router = APIRouter(prefix="/cases/{case_id}", include_in_schema=False)
actions = APIRouter(prefix="/api/cases/{case_id}", tags=["review"])
_KEPT = {"Cache-Control": "private, max-age=3600, immutable"}
"""A field's bytes never change under its address."""
_LARGEST = 4096
"""px of a field's longer side on the page."""
_AROUND = 3
"""Sides of a cell that its surroundings are wide."""
_THUMBNAIL = 112
"""px of an added cell's picture, as other cells have."""
_Edge = Annotated[int, Field(ge=0, le=1_000_000)]


class Missed(BaseModel):
    """A cell that a reader adds to a field."""

    box: tuple[_Edge, _Edge, _Edge, _Edge] = Field(description="x0, y0, x1, y1 px of the field; x1 and y1 excluded")
    verdict: Literal["ALL", "HEM", "other kind", "not assessable"]


@router.get("/fields/{input_id}")
def field(request: Request, case: AsReader, input_id: Id, session: Entered) -> HTMLResponse:
    """The field with each cell's outline by what it counts as."""
    stored = field_input(case, input_id)
    with case.reading() as connection:
        cells = cells_of(connection, case.id, stored.patient)
        state = state_of(connection, case.id, stored.patient, count(cells))
    image = image_of(request, case, input_id)
    of_patient = [one.id for one in fields_of(case, patient=stored.patient)]
    place = of_patient.index(input_id)
    values = {
        "case": case,
        "input_id": input_id,
        "patient": stored.patient,
        "path": file_of(stored.path),
        "before": of_patient[place - 1] if place else None,
        "after": of_patient[place + 1] if place + 1 < len(of_patient) else None,
        "place": (place + 1, len(of_patient)),
        "cells": {
            cell.id: {**asdict(cell), "polygon": outline(cell)}
            for cell in cells
            if cell.input_id == input_id and cell.box
        },
        "version": version_of(cell.word for cell in cells),
        "state": state,
        "may_write": session.role != "read-only" and state != "signed",
        "width": image.width,
        "height": image.height,
    }
    return page(request, "field.html", session, values)


@router.get("/fields/{input_id}/image.jpg")
def field_picture(request: Request, case: AsReader, input_id: Id, _: Entered) -> Response:
    """The field itself."""
    image = image_of(request, case, input_id)
    image.thumbnail((_LARGEST, _LARGEST))
    return Response(_jpeg(image, quality=90), media_type="image/jpeg", headers=_KEPT)


@router.get("/cells/{cell_id}/around.jpg")
def around(request: Request, case: AsReader, cell_id: Id, _: Entered) -> Response:
    """What lies around a cell in its field."""
    input_id, box = _place_of(case, cell_id)
    image = image_of(request, case, input_id)
    x0, y0, x1, y1 = box
    side = _AROUND * max(x1 - x0, y1 - y0)
    left, top = (x0 + x1 - side) // 2, (y0 + y1 - side) // 2
    cut = image.crop((left, top, left + side, top + side))  # black beyond the edge
    cut.thumbnail((480, 480))
    return Response(_jpeg(cut), media_type="image/jpeg", headers=_KEPT)


@actions.post("/fields/{input_id}/cells", summary="Add a cell that the software missed, and say what it is")
def add_cell(request: Request, case: AsReader, input_id: Id, given: Missed, session: Reading) -> dict[str, Any]:
    """In the common reading. 422: the box is too small, lies outside, or holds a cell that stands there already."""
    try:
        picture = Picture(jpeg=_cut(image_of(request, case, input_id), given.box))
    except HTTPException:  # the image is gone; the cell's place is still known
        picture = None
    made, _ = add_missed(case, input_id, box=given.box, verdict=given.verdict, role=session.role, picture=picture)
    with case.reading() as connection:
        cells = cells_of(connection, case.id, field_input(case, input_id).patient)
    (cell,) = (cell for cell in cells if cell.id == made)
    return {**asdict(cell), "polygon": outline(cell)}


def image_of(request: Request, case: Case, input_id: int) -> Image.Image:
    """A field's picture. Raises 404 when it does not stand there any more, NotInCase for another case's."""
    found = field_image(field_input(case, input_id), uploads=bench_of(request).settings.uploads)
    if found is None:
        raise HTTPException(404, "the image has been moved or changed since it was judged")
    return found


def _place_of(case: Case, cell_id: int) -> tuple[int, tuple[int, int, int, int]]:
    """The field's id, and the cell's box. Raises NotInCase for a cell of another case, or that lies in no field."""
    cells, inputs = schema.cells.c, schema.inputs.c
    query = select(cells.input_id, cells.x0, cells.y0, cells.x1, cells.y1)
    query = query.join(schema.inputs, inputs.id == cells.input_id)
    query = query.where(cells.id == cell_id, cells.x0.is_not(None), inputs.case_id == case.id)
    with case.reading() as connection:
        found = connection.execute(query).one_or_none()
    if found is None:
        raise NotInCase("cell")
    return found.input_id, (found.x0, found.y0, found.x1, found.y1)


def _cut(image: Image.Image, box: tuple[int, int, int, int]) -> bytes:
    """The square around a box."""
    x0, y0, x1, y1 = box
    side = max(x1 - x0, y1 - y0)
    left, top = (x0 + x1 - side) // 2, (y0 + y1 - side) // 2
    whole = (max(side, 1),) * 2
    cut = image.crop((left, top, left + whole[0], top + whole[1]))
    return _jpeg(cut.resize((_THUMBNAIL, _THUMBNAIL)), quality=QUALITY)


def _jpeg(image: Image.Image, *, quality: int = 85) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()

"""Pictures for the pages: a cell, its evidence map, the field that it lies in."""

import io

import numpy as np
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from PIL import Image
from sqlalchemy import select

from leukolens.cases import schema
from leukolens.cases.picture import evidence_of
from leukolens.cases.reading import ReadCell, cells_of
from leukolens.cases.store import Case
from leukolens.report.evidence import evidence_map
from leukolens.report.field_image import field_image, field_input
from leukolens.report.geojson import outline
from leukolens.web.entry import AsReader, Entered, bench_of
from leukolens.web.pages import page

router = APIRouter(prefix="/cases/{case_id}", include_in_schema=False)
_KEPT = {"Cache-Control": "private, max-age=3600, immutable"}
"""A cell's picture never changes under its address. It goes with the browser's cache, which is the reader's own."""
_LARGEST = 4096
"""px of a field's longer side on the page."""


@router.get("/cells/{cell_id}/picture.jpg")
def picture(case: AsReader, cell_id: int, _: Entered) -> Response:
    """The cell as the network saw it."""
    return Response(_of_cell(case, cell_id)[0], media_type="image/jpeg", headers=_KEPT)


@router.get("/cells/{cell_id}/evidence.png")
def evidence(case: AsReader, cell_id: int, _: Entered) -> Response:
    """Its evidence map, 7×7 px. The colours end at the cell's own strongest position."""
    stored = _of_cell(case, cell_id)[1]
    if stored is None:
        raise HTTPException(404, "this network gives no evidence map")
    found = evidence_of(stored)
    drawn = evidence_map(found, full=max(float(np.abs(found).max()), 1e-6))
    return Response(drawn, media_type="image/png", headers=_KEPT)


@router.get("/fields/{input_id}")
def field(request: Request, case: AsReader, input_id: int, session: Entered) -> HTMLResponse:
    """The field with each cell's outline by what it counts as."""
    stored = field_input(case, input_id)
    with case.reading() as connection:
        cells = cells_of(connection, case.id, stored.patient)
    found = [cell for cell in cells if cell.input_id == input_id and cell.box]
    image = image_of(request, case, input_id)
    values = {
        "case": case,
        "input_id": input_id,
        "patient_id": input_id,
        "patient": stored.patient,
        "path": stored.path,
        "cells": [(cell, _outline(cell)) for cell in found],
        "width": image.width,
        "height": image.height,
    }
    return page(request, "field.html", session, values)


@router.get("/fields/{input_id}/image.jpg")
def field_picture(request: Request, case: AsReader, input_id: int, _: Entered) -> Response:
    """The field itself."""
    image = image_of(request, case, input_id)
    image.thumbnail((_LARGEST, _LARGEST))
    drawn = io.BytesIO()
    image.save(drawn, "JPEG", quality=90)
    return Response(drawn.getvalue(), media_type="image/jpeg", headers=_KEPT)


def image_of(request: Request, case: Case, input_id: int) -> Image.Image:
    """A field's picture. Raises 404 when it does not stand there any more, NotInCase for another case's."""
    found = field_image(field_input(case, input_id), uploads=bench_of(request).settings.uploads)
    if found is None:
        raise HTTPException(404, "the image does not stand where it was judged, or is another now")
    return found


def _of_cell(case: Case, cell_id: int) -> tuple[bytes, bytes | None]:
    """JPEG and evidence. Raises 404 for a cell of another case or without a picture."""
    inputs, cells, pictures = schema.inputs.c, schema.cells.c, schema.pictures.c
    query = select(pictures.jpeg, pictures.evidence).join(schema.cells, cells.id == pictures.cell_id)
    query = query.join(schema.inputs, inputs.id == cells.input_id)
    with case.reading() as connection:
        found = connection.execute(query.where(cells.id == cell_id, inputs.case_id == case.id)).one_or_none()
    if found is None:
        raise HTTPException(404, "this case holds no picture of such a cell")
    return found.jpeg, found.evidence


def _outline(cell: ReadCell) -> str:
    """SVG points: its polygon, or its box."""
    return " ".join(f"{x:g},{y:g}" for x, y in outline(cell))

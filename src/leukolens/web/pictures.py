"""Pictures for the pages: a cell as the network saw it, and its evidence map."""

import numpy as np
from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from sqlalchemy import select

from leukolens.cases import schema
from leukolens.cases.picture import evidence_of
from leukolens.cases.store import Case
from leukolens.report.evidence import evidence_map
from leukolens.web.entry import AsReader, Entered, Id

router = APIRouter(prefix="/cases/{case_id}", include_in_schema=False)
_KEPT = {"Cache-Control": "private, max-age=3600, immutable"}
"""A cell's picture never changes under its address. It goes with the browser's cache, which is the reader's own."""
_LARGEST = 4096
"""px of a field's longer side on the page."""


@router.get("/cells/{cell_id}/picture.jpg")
def picture(case: AsReader, cell_id: Id, _: Entered) -> Response:
    """The cell as the network saw it."""
    return Response(_of_cell(case, cell_id)[0], media_type="image/jpeg", headers=_KEPT)


@router.get("/cells/{cell_id}/evidence.png")
def evidence(case: AsReader, cell_id: Id, _: Entered) -> Response:
    """Its evidence map, a pixel for each position. The colours end at the cell's own strongest position."""
    stored = _of_cell(case, cell_id)[1]
    if stored is None:
        raise HTTPException(404, "this network gives no evidence map")
    found = evidence_of(stored)
    drawn = evidence_map(found, full=max(float(np.abs(found).max()), 1e-6))
    return Response(drawn, media_type="image/png", headers=_KEPT)


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

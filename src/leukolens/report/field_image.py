"""The picture of a field, from where it stands: a case keeps the thumbnails of cells, not the fields themselves."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from sqlalchemy import select

from leukolens.base.errors import ImageError
from leukolens.cases import schema
from leukolens.cases.review import NotInCase
from leukolens.cases.store import Case
from leukolens.images.decode import decode, read_file


@dataclass(frozen=True, kw_only=True)
class FieldInput:
    """A field that stands in a case."""

    id: int
    path: str
    sha256: str
    patient: str
    width: int | None
    height: int | None
    """px."""
    um_per_px: float | None


def field_input(case: Case, input_id: int) -> FieldInput:
    """Raises NotInCase for what is not a field of this case."""
    found = [one for one in fields_of(case) if one.id == input_id]
    if not found:
        raise NotInCase("field")
    return found[0]


def fields_of(case: Case, *, patient: str | None = None) -> list[FieldInput]:
    """All fields, or a patient's, in the order judged."""
    inputs = schema.inputs.c
    query = select(*(inputs[name] for name in FieldInput.__dataclass_fields__))
    query = query.where(inputs.case_id == case.id, inputs.kind == "field").order_by(inputs.id)
    if patient is not None:
        query = query.where(inputs.patient == patient)
    with case.reading() as connection:
        return [FieldInput(**row._mapping) for row in connection.execute(query)]


def field_image(field: FieldInput, *, uploads: Path | None) -> Image.Image | None:
    """The very bytes that were judged, decoded; None when they do not stand there any more.

    uploads: folder in which dropped pictures are kept under their digest.
    """
    places = [Path(field.path)] if uploads is None else [uploads / field.sha256, Path(field.path)]
    for place in places:
        try:
            data = read_file(place)
            if hashlib.sha256(data).hexdigest() == field.sha256:
                return decode(data, name="field")
        except ImageError:
            continue
    return None

"""A patient's reading → the files by which it is handed on; one list of forms for the page and the command."""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from leukolens.base.errors import CaseError
from leukolens.base.extras import require
from leukolens.cases import schema
from leukolens.cases.store import Case
from leukolens.report import geojson
from leukolens.report.fhir import diagnostic_report
from leukolens.report.field_image import field_image, fields_of
from leukolens.report.forms import Form
from leukolens.report.reading import Reading
from leukolens.report.reading_csv import reading_csv

TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/fhir+json",
    ".pdf": "application/pdf",
    ".dcm": "application/dicom",
    ".geojson": "application/geo+json",
    ".zip": "application/zip",
}
"""Suffix of a file → its media type."""


@dataclass(frozen=True, kw_only=True)
class Handed:
    """One file. Its name holds no patient's."""

    name: str
    data: bytes

    @property
    def media_type(self) -> str:
        """By its suffix."""
        return TYPES[Path(self.name).suffix]


def handed(case: Case, reading: Reading, form: Form, *, uploads: Path | None = None) -> list[Handed]:
    """The files of one form. uploads: where dropped pictures are kept.

    Raises CaseError where there is nothing to hand on in this form, MissingExtra without the extra `review`.
    """
    made = _MAKERS[form](case, reading, uploads)
    return [Handed(name=f"patient-{reading.id}{suffix}", data=data) for suffix, data in made]


def as_one(files: Sequence[Handed], *, name: str) -> Handed:
    """A download: the file itself, or a ZIP of several, called `name`."""
    if len(files) == 1:
        return files[0]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in files:
            archive.writestr(zipfile.ZipInfo(one.name), one.data)
    return Handed(name=f"{name}.zip", data=packed.getvalue())


_Made = list[tuple[str, bytes]]
"""Suffix and content of each file."""


def _csv(_: Case, reading: Reading, __: Path | None) -> _Made:
    return [(".csv", reading_csv(reading.cells, patient=reading.patient).encode())]


def _fhir(_: Case, reading: Reading, __: Path | None) -> _Made:
    report = diagnostic_report(reading.cells, reading.counts, patient=reading.patient, signatures=reading.signatures)
    return [(".fhir.json", json.dumps(report, indent=1).encode())]


def _pdf(case: Case, reading: Reading, _: Path | None) -> _Made:
    require("reportlab", extra="review")
    from leukolens.report.pdf import reading_pdf  # reportlab is loaded only for it

    return [(".pdf", reading_pdf(reading, _pictures(case, reading)))]


def _dicom(case: Case, reading: Reading, uploads: Path | None) -> _Made:
    require("highdicom", extra="review")
    from leukolens.report import dicom_annotations, dicom_images, dicom_sr

    study = dicom_images.Study(patient=reading.patient, case=reading.case, created_at=reading.created_at)
    pictures = {cell: jpeg for cell, jpeg in _pictures(case, reading).items() if dicom_images.readable(jpeg)}
    if not pictures:
        raise CaseError("no cell of this patient has a picture, and a DICOM report must point to one", hint="Use FHIR")
    image = dicom_images.cells_image(study, list(pictures.values()))
    frames = {cell: number for number, cell in enumerate(pictures, 1)}
    report = dicom_sr.structured_report(study, reading, image, frames)
    made = [("-cells.dcm", dicom_images.file_bytes(image)), ("-sr.dcm", dicom_images.file_bytes(report))]
    for field in fields_of(case, patient=reading.patient):
        found = field_image(field, uploads=uploads)
        cells = [cell for cell in reading.cells if cell.input_id == field.id and cell.box]
        if found is None or not cells:
            continue
        whole = dicom_images.field_image(study, found, input_id=field.id, um_per_px=field.um_per_px)
        outlines = dicom_annotations.annotations(study, cells, whole, version=reading.version)
        made.append((f"-field-{field.id}.dcm", dicom_images.file_bytes(whole)))
        made.append((f"-field-{field.id}-annotations.dcm", dicom_images.file_bytes(outlines)))
    return made


def _geojson(case: Case, reading: Reading, _: Path | None) -> _Made:
    made = []
    for field in fields_of(case, patient=reading.patient):
        cells = [cell for cell in reading.cells if cell.input_id == field.id and cell.box]
        text = json.dumps(geojson.collection([geojson.read_cell(cell) for cell in cells]), ensure_ascii=False)
        made.append((f"-field-{field.id}.geojson", text.encode()))
    if not made:
        raise CaseError("this patient has no field, and GeoJSON holds the cells of fields", hint="Use CSV")
    return made


_MAKERS: dict[Form, Callable[[Case, Reading, Path | None], _Made]] = {
    "csv": _csv,
    "fhir": _fhir,
    "pdf": _pdf,
    "dicom-sr": _dicom,
    "geojson": _geojson,
}


def _pictures(case: Case, reading: Reading) -> dict[int, bytes]:
    """Cell → JPEG, in the order of the reading."""
    table = schema.pictures.c
    wanted = [cell.id for cell in reading.cells if cell.pictured]
    query = select(table.cell_id, table.jpeg).join(schema.cells, schema.cells.c.id == table.cell_id)
    query = query.join(schema.inputs, schema.inputs.c.id == schema.cells.c.input_id)
    query = query.where(schema.inputs.c.case_id == case.id, schema.inputs.c.patient == reading.patient)
    with case.reading() as connection:
        found = {row.cell_id: row.jpeg for row in connection.execute(query)}
    return {cell: found[cell] for cell in wanted if cell in found}

"""Hand a patient's reading on: CSV for a table, FHIR for a hospital's system. Each export stands in the log."""

import json
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import Response

from leukolens.cases.reading import cells_of, count, patient_of
from leukolens.cases.sign import signatures
from leukolens.report.fhir import diagnostic_report
from leukolens.report.reading_csv import reading_csv
from leukolens.web.entry import AsReader, Reading

router = APIRouter(prefix="/cases/{case_id}/patients/{patient_id}", tags=["hand on"])
_FORMS = {"csv": ("csv", "text/csv; charset=utf-8"), "fhir": ("json", "application/fhir+json")}


@router.get("/export/{form}", summary="A patient's reading as CSV or as a FHIR R5 DiagnosticReport")
def export(case: AsReader, patient_id: int, form: Literal["csv", "fhir"], _: Reading) -> Response:
    """The name of the file that is offered holds no patient's name."""
    with case.reading() as connection:
        patient = patient_of(connection, case.id, patient_id)
        cells = cells_of(connection, case.id, patient)
    if form == "csv":
        text = reading_csv(cells, patient=patient)
    else:
        signed = [one for one in signatures(case, patient) if not one.blind]
        text = json.dumps(diagnostic_report(cells, count(cells), patient=patient, signatures=signed), indent=1)
    suffix, media_type = _FORMS[form]
    with case.change() as change:
        change.log("exported", patient, new=form)
    name = f"case-{case.id}-patient-{patient_id}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=media_type, headers=headers)

"""Hand a patient's reading on as a download. Each export stands in the log."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from leukolens.report.forms import Form
from leukolens.report.hand_on import as_one, handed
from leukolens.report.reading import reading_of
from leukolens.web.entry import AsReader, Reading, bench_of

router = APIRouter(prefix="/cases/{case_id}/patients/{patient_id}", tags=["hand on"])


@router.get(
    "/export/{form}",
    summary="A patient's reading as CSV, FHIR DiagnosticReport, PDF, DICOM structured report (a ZIP) or GeoJSON",
    response_class=Response,
)
def export(request: Request, case: AsReader, patient_id: int, form: Form, _: Reading) -> Response:
    """The name of the file that is offered holds no patient's name."""
    reading = reading_of(case, patient_id)
    files = handed(case, reading, form, uploads=bench_of(request).settings.uploads)
    one = as_one(files, name=f"patient-{patient_id}-{form}")
    with case.change() as change:
        change.log("exported", reading.patient, new=form)
    headers = {"Content-Disposition": f'attachment; filename="case-{case.id}-{one.name}"'}
    return Response(one.data, media_type=one.media_type, headers=headers)

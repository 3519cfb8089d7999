"""Hand a patient's reading on as a download. Each export stands in the log."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from leukolens.report.forms import Form
from leukolens.report.hand_on import TYPES, as_one, handed
from leukolens.report.reading import reading_of
from leukolens.web.entry import AsReader, Id, Reading, bench_of

router = APIRouter(tags=["hand on"])
_PLACE = "/cases/{case_id}/patients/{patient_id}/export/{form}"
_CONTENT: dict[str, dict[str, str]] = {kind: {} for kind in TYPES.values()}


@router.get(_PLACE, include_in_schema=False)
@router.get(
    f"/api{_PLACE}",
    summary="A patient's reading as CSV, FHIR DiagnosticReport, PDF, DICOM structured report (a ZIP) or GeoJSON",
    response_class=Response,
    responses={200: {"content": _CONTENT, "description": "The file"}},
)
def export(request: Request, case: AsReader, patient_id: Id, form: Form, _: Reading) -> Response:
    """The name of the file that is offered holds no patient's name."""
    reading = reading_of(case, patient_id)
    files = handed(case, reading, form, uploads=bench_of(request).settings.uploads)
    one = as_one(files, name=f"patient-{patient_id}-{form}")
    with case.change() as change:
        change.log("exported", reading.patient, new=form)
    headers = {"Content-Disposition": f'attachment; filename="case-{case.id}-{one.name}"'}
    return Response(one.data, media_type=one.media_type, headers=headers)

"""A patient's reading → a FHIR R5 DiagnosticReport with its Observations contained (hl7.org/fhir/R5/diagnosticreport).

The codes of the counts are LeukoLens's own: LOINC has codes for blasts of all leukocytes in blood or marrow, and a
share of the cells that were chosen for judging is neither. What is sent is preliminary until a reader has signed.
"""

from collections.abc import Sequence
from typing import Any

from leukolens import __version__
from leukolens.cases.reading import Counts, ReadCell
from leukolens.cases.sign import Signature

SYSTEM = "urn:leukolens:observation"
_SHARE = "Blasts (ALL) of the counted cells"


def diagnostic_report(
    cells: Sequence[ReadCell], counts: Counts, *, patient: str, signatures: Sequence[Signature]
) -> dict[str, Any]:
    """JSON of the resource. signatures: those of the common reading; without one the report is preliminary."""
    status = "final" if signatures else "preliminary"
    subject = {"identifier": {"value": patient}} if patient else {"display": "not known"}
    observations = [_share(counts), *(_count(group, number) for group, number in counts.groups.items())]
    common = {"resourceType": "Observation", "status": status, "subject": subject}
    contained = [{**common, "id": f"o{number}", **one} for number, one in enumerate(observations, start=1)]
    models = sorted({cell.model_id for cell in cells})
    report: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "status": status,
        "code": {"text": "Single cells judged as ALL blast or normal, corrected by a reader"},
        "subject": subject,
        "contained": contained,
        "result": [{"reference": f"#{one['id']}"} for one in contained],
        "conclusion": (
            f"{counts.read} of {counts.cells} cells were confirmed or corrected by a reader. For research; software "
            f"LeukoLens {__version__}, model {', '.join(models) or 'none'}."
        ),
    }
    if signatures:
        report["issued"] = signatures[-1].at
        report["resultsInterpreter"] = [{"display": f"{one.name}, {one.role}"} for one in signatures]
    return report


def _share(counts: Counts) -> dict[str, Any]:
    found = counts.share
    code = {"coding": [{"system": SYSTEM, "code": "share"}], "text": _SHARE}
    if found is None:
        return {"code": code, "dataAbsentReason": {"text": "no cell was counted"}}
    interval = {"low": _percent(found.low), "high": _percent(found.high)}
    ends = {"code": {"text": "95 % interval"}, "valueRange": interval}
    return {"code": code, "valueQuantity": _percent(found.share), "component": [ends]}


def _percent(share: float) -> dict[str, Any]:
    return {"value": round(100 * share, 1), "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}


def _count(group: str, number: int) -> dict[str, Any]:
    code = {"coding": [{"system": SYSTEM, "code": group.replace(" ", "-")}], "text": f"Cells: {group}"}
    return {"code": code, "valueInteger": number}

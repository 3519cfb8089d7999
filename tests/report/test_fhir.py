"""The FHIR report is valid in R5 and in R4B, signed and not."""

import json
from pathlib import Path

import pytest
from handmaker import case_to_hand_on, reading

from leukolens.report.hand_on import handed

pytest.importorskip("fhir.resources")


@pytest.mark.parametrize("version", ["", ".R4B"])
@pytest.mark.parametrize("signed", [False, True])
def test_it_is_valid(tmp_path: Path, version: str, signed: bool) -> None:
    module = pytest.importorskip(f"fhir.resources{version}.diagnosticreport")
    with case_to_hand_on(tmp_path, signed=signed) as case:
        (made,) = handed(case, reading(case), "fhir")
    report = module.DiagnosticReport.model_validate_json(made.data)
    assert report.status == ("final" if signed else "preliminary")
    assert json.loads(made.data)["contained"][0]["valueQuantity"]["value"] == 25.0

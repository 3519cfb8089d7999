"""The resource says what the reading says; it is final when it is signed, and valid as FHIR R5."""

import json
from pathlib import Path
from typing import Any

import pytest
from handmaker import case_to_hand_on, reading
from readmaker import read_cell

from leukolens.cases.reading import ReadCell, count
from leukolens.cases.sign import Signature
from leukolens.report.fhir import SYSTEM, diagnostic_report
from leukolens.report.hand_on import handed

CELLS = [
    *(read_cell("ALL") for _ in range(6)),
    *(read_cell("HEM", "HEM") for _ in range(2)),
    read_cell("uncertain", "other kind", model_id="ffffffffffff"),
    read_cell("refused", p_all=None),
]
SIGNATURE = Signature(
    patient="H3",
    name="Anna",
    role="physician",
    at="2026-01-02T03:04:05+00:00",
    meaning="reviewed",
    reason="",
    blind=False,
    signed="",
)


def made(cells: list[ReadCell], *signatures: Signature, patient: str = "H3") -> dict[str, Any]:
    return diagnostic_report(cells, count(cells), patient=patient, signatures=signatures)


def by_code(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["code"]["coding"][0]["code"]: one for one in report["contained"]}


def test_share_and_counts_are_the_reading_s() -> None:
    found = by_code(made(CELLS))
    share = found.pop("share")
    assert share["valueQuantity"]["value"] == 75.0
    (interval,) = (one["valueRange"] for one in share["component"])
    assert interval["low"]["value"] == pytest.approx(40.9)  # Wilson's, of 6 in 8
    assert interval["high"]["value"] == pytest.approx(92.9)
    assert {code: one["valueInteger"] for code, one in found.items() if one["valueInteger"]} == {
        "ALL": 6,
        "HEM": 2,
        "other-kind": 1,
        "not-judged": 1,
    }
    assert all(one["code"]["coding"][0]["system"] == SYSTEM for one in found.values())


def test_every_result_points_to_one_that_is_contained() -> None:
    report = made(CELLS)
    assert [one["reference"] for one in report["result"]] == [f"#{one['id']}" for one in report["contained"]]
    assert "3 of 10 cells were confirmed or corrected" in report["conclusion"]
    assert "model 0123456789ab, ffffffffffff." in report["conclusion"]


def test_it_is_final_when_it_is_signed() -> None:
    assert made(CELLS)["status"] == "preliminary"
    assert "issued" not in made(CELLS)
    report = made(CELLS, SIGNATURE)
    assert {one["status"] for one in (report, *report["contained"])} == {"final"}
    assert report["issued"] == SIGNATURE.at
    assert report["resultsInterpreter"] == [{"display": "Anna, physician"}]


def test_without_a_counted_cell_or_a_known_patient_it_says_so() -> None:
    report = made([read_cell("refused", p_all=None)], patient="")
    share = by_code(report)["share"]
    assert share["dataAbsentReason"] == {"text": "no cell was counted"}
    assert "valueQuantity" not in share
    assert report["subject"] == {"display": "not known"}
    assert made(CELLS)["subject"] == {"identifier": {"value": "H3"}}


@pytest.mark.parametrize("signatures", [(), (SIGNATURE,)], ids=["preliminary", "final"])
def test_it_is_valid(signatures: tuple[Signature, ...]) -> None:
    fhir = pytest.importorskip("fhir.resources.diagnosticreport")
    fhir.DiagnosticReport.model_validate_json(json.dumps(made(CELLS, *signatures)))


@pytest.mark.parametrize("version", ["", ".R4B"])
@pytest.mark.parametrize("signed", [False, True])
def test_a_case_handed_on_is_valid_in_both_versions(tmp_path: Path, version: str, signed: bool) -> None:
    module = pytest.importorskip(f"fhir.resources{version}.diagnosticreport")
    with case_to_hand_on(tmp_path, signed=signed) as case:
        (made,) = handed(case, reading(case), "fhir")
    report = module.DiagnosticReport.model_validate_json(made.data)
    assert report.status == ("final" if signed else "preliminary")
    assert json.loads(made.data)["contained"][0]["valueQuantity"]["value"] == 25.0

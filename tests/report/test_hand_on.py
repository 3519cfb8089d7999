"""A reading as files: each is what it says, holds both verdicts, and its name holds no patient's."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from casemaker import answer, judged
from handmaker import PATIENT, case_to_hand_on, reading
from qupath import opens

from leukolens import Case
from leukolens.base.errors import CaseError, OutputError
from leukolens.report.export import export_readings
from leukolens.report.forms import FORMS
from leukolens.report.hand_on import Handed, as_one, handed

NAMES = {
    "csv": ["patient-1.csv"],
    "fhir": ["patient-1.fhir.json"],
    "pdf": ["patient-1.pdf"],
    "geojson": ["patient-1-field-4.geojson"],
    "dicom-sr": [
        *("patient-1-cells.dcm", "patient-1-sr.dcm"),
        *("patient-1-field-4.dcm", "patient-1-field-4-annotations.dcm"),
    ],
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_has_its_files_and_no_name_of_a_patient(form: str, tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        files = handed(case, reading(case), form)  # type: ignore[arg-type]
    assert [one.name for one in files] == NAMES[form]
    starts = {"pdf": b"%PDF-", "dicom-sr": b"\0" * 128 + b"DICM"}
    assert all(one.data.startswith(starts.get(form, b"")) for one in files)


def test_csv_and_geojson_hold_both_verdicts(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        (table,) = handed(case, reading(case), "csv")
        (outlines,) = handed(case, reading(case), "geojson")
    rows = {row["path"]: row for row in csv.DictReader(io.StringIO(table.data.decode()))}
    assert (rows["a.bmp"]["software"], rows["a.bmp"]["reader_verdict"]) == ("ALL", "HEM")
    collection = json.loads(outlines.data)
    assert opens(collection) == 3
    features = collection["features"]
    assert [one["properties"]["classification"]["name"] for one in features] == ["uncertain", "ALL", "HEM"]


def test_several_files_make_one_archive() -> None:
    files = [Handed(name="a.dcm", data=b"1"), Handed(name="b.dcm", data=b"2")]
    packed = as_one(files, name="both")
    assert (packed.name, packed.media_type) == ("both.zip", "application/zip")
    with zipfile.ZipFile(io.BytesIO(packed.data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a.dcm": b"1", "b.dcm": b"2"}
    assert as_one(files[:1], name="both") is files[0]


def test_a_folder_gets_every_patient_s_files_and_the_log_each_digest(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        case.add([judged("other.bmp", answer(), patient="H5")])
        missing = export_readings(case, ("fhir", "geojson"), tmp_path / "out")
        assert missing == [
            "patient-5: not handed on as geojson: this patient has no field, and GeoJSON holds the cells of fields"
        ]
        made = {path.name for path in (tmp_path / "out").iterdir()}
        assert made == {"patient-1.fhir.json", "patient-5.fhir.json", "patient-1-field-4.geojson"}
        assert all(case.exported(tmp_path / "out" / name) for name in made)
        export_readings(case, ("fhir",), tmp_path / "out")
        (tmp_path / "out/patient-1.fhir.json").write_text("mine")
        with pytest.raises(OutputError, match="exists already"):
            export_readings(case, ("fhir",), tmp_path / "out")
    assert not any(PATIENT[:5] in name for name in made)


def test_nothing_at_all_to_hand_on_is_an_error(tmp_path: Path) -> None:
    with Case.create(tmp_path / "new.case") as case, pytest.raises(CaseError, match="no patients yet"):
        export_readings(case, ("csv",), tmp_path / "out")

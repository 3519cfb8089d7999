"""The structured report as highdicom's own reader finds it."""

import io
from pathlib import Path

import pydicom
import pytest
from casemaker import answer, judged
from handmaker import PATIENT, case_to_hand_on, jpeg, reading

from leukolens import Case
from leukolens.base.errors import CaseError
from leukolens.cases.record import Picture
from leukolens.cases.review import review
from leukolens.report.hand_on import Handed, handed
from leukolens.report.reading import reading_of

sr = pytest.importorskip("highdicom.sr")


def files(case: Case) -> dict[str, bytes]:
    return {one.name.removeprefix("patient-1"): one.data for one in handed(case, reading(case), "dicom-sr")}


@pytest.mark.parametrize("signed", [False, True])
def test_it_says_what_the_patient_comes_to_and_whether_it_is_final(tmp_path: Path, signed: bool) -> None:
    with case_to_hand_on(tmp_path, signed=signed) as case:
        report = sr.srread(io.BytesIO(files(case)["-sr.dcm"]))
    outcome = report.content.get_image_measurement_groups()[0]
    measured = {one.name.meaning: (one.value, one.unit.value) for one in outcome.get_measurements()}
    assert measured["Cells HEM"] == (3, "{cells}")
    assert measured["Blasts of counted"] == (25.0, "%")
    assert report.PatientID == PATIENT
    flags = (report.PreliminaryFlag, report.VerificationFlag, report.CompletionFlag)
    assert flags == (("FINAL", "VERIFIED", "COMPLETE") if signed else ("PRELIMINARY", "UNVERIFIED", "PARTIAL"))
    if signed:
        (observer,) = report.VerifyingObserverSequence
        assert str(observer.VerifyingObserverName).rstrip("^") == "Anna Weiß"
        assert observer.VerifyingOrganization == "haematologist"


def test_each_cell_has_both_verdicts_and_points_to_its_frame(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        made = files(case)
        cells = {cell.path: cell for cell in reading(case).cells if cell.number is None}
    report = sr.srread(io.BytesIO(made["-sr.dcm"]))
    image = pydicom.dcmread(io.BytesIO(made["-cells.dcm"]))
    assert image.pixel_array.shape == (5, 112, 112, 3)
    groups = {one.tracking_identifier: one for one in report.content.get_image_measurement_groups()}
    first = groups[f"cell {cells['a.bmp'].id}"]
    said = {one.name.meaning: one.value.meaning for one in first.get_qualitative_evaluations()}
    assert said == {"Counts as": "HEM", "Software verdict": "ALL", "Reader verdict": "HEM"}
    assert first.get_measurements()[0].value == 0.9
    (reference,) = first.source_images[0].ReferencedSOPSequence
    assert reference.ReferencedSOPInstanceUID == image.SOPInstanceUID
    frame = image.pixel_array[int(reference.ReferencedFrameNumber) - 1]
    assert abs(int(frame[56, 56, 0]) - 90) < 12  # the shade of a.bmp
    assert not groups[f"cell {cells['c.bmp'].id}"].source_images


def test_the_same_reading_has_the_same_uids_and_another_word_another(tmp_path: Path) -> None:
    def uids(case: Case) -> tuple[str, str]:
        report, image = (pydicom.dcmread(io.BytesIO(files(case)[name])) for name in ("-sr.dcm", "-cells.dcm"))
        assert report.StudyInstanceUID == image.StudyInstanceUID
        return str(report.SOPInstanceUID), str(image.StudyInstanceUID)

    with case_to_hand_on(tmp_path) as case:
        before, again = uids(case), uids(case)
        review(case, 2, role="reader", expected=0, verdict="ALL")
        after = uids(case)
    assert before == again
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_patient_without_a_picture_or_with_too_long_a_name_is_refused(tmp_path: Path) -> None:
    def made(case: Case, patient_id: int) -> list[Handed]:
        return handed(case, reading_of(case, patient_id), "dicom-sr")

    with Case.create(tmp_path / "day.case") as case:
        case.add([judged("a.bmp"), judged("b.bmp", answer(picture=Picture(jpeg=jpeg(90))), patient="x" * 65)])
        with pytest.raises(CaseError, match="has a picture"):
            made(case, 1)
        with pytest.raises(CaseError, match="at most 64 characters"):
            made(case, 2)

"""Cells and fields as DICOM: frames in their order, scale as it is known, and the same UIDs for the same reading."""

import io
from dataclasses import replace

import pytest
from PIL import Image

pydicom = pytest.importorskip("pydicom")

from leukolens.base.errors import CaseError  # noqa: E402
from leukolens.report.dicom_images import Study, cells_image, field_image, file_bytes  # noqa: E402

STUDY = Study(patient="H3", case="day", created_at="2026-01-02T03:04:05+00:00")


def jpeg(grey: int, side: int = 32) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), (grey, grey, grey)).save(file, "JPEG", quality=95)
    return file.getvalue()


def read(made: pydicom.Dataset) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(file_bytes(made)))


def frames(found: pydicom.Dataset) -> list[bytes]:
    return list(pydicom.encaps.generate_frames(found.PixelData, number_of_frames=found.NumberOfFrames))


def test_a_frame_for_each_cell_in_order_and_of_one_size() -> None:
    found = read(cells_image(STUDY, [jpeg(50), jpeg(120), jpeg(200, side=48)]))
    assert (found.NumberOfFrames, found.Rows, found.Columns) == (3, 32, 32)
    greys = [Image.open(io.BytesIO(one)).getpixel((16, 16))[0] for one in frames(found)]
    assert greys == pytest.approx([50, 120, 200], abs=2)
    assert frames(found)[0].rstrip(b"\0").startswith(jpeg(50)[:-2])  # not compressed a second time
    assert (found.PatientID, found.StudyDate, found.StudyTime) == ("H3", "20260102", "030405")


def test_a_field_has_its_scale_or_says_that_it_has_none() -> None:
    image = Image.new("RGB", (60, 40), (200, 180, 190))
    found = read(field_image(STUDY, image, input_id=7, um_per_px=0.25))
    measures = found.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert list(measures.PixelSpacing) == [0.00025, 0.00025]  # mm
    assert (found.TotalPixelMatrixColumns, found.TotalPixelMatrixRows) == (60, 40)
    assert float(found.ImagedVolumeWidth) == pytest.approx(60 * 0.00025)
    assert found.ImageComments == ""
    assert read(field_image(STUDY, image, input_id=7, um_per_px=None)).ImageComments.startswith(
        "The scale is not known"
    )


def test_the_same_reading_has_the_same_uids_and_another_has_its_own() -> None:
    first, again = (read(cells_image(STUDY, [jpeg(50)])) for _ in range(2))
    other = read(cells_image(STUDY, [jpeg(60)]))
    elsewhere = read(cells_image(replace(STUDY, patient="H4"), [jpeg(50)]))
    assert first.SOPInstanceUID == again.SOPInstanceUID != other.SOPInstanceUID
    assert first.StudyInstanceUID == other.StudyInstanceUID != elsewhere.StudyInstanceUID


@pytest.mark.parametrize("patient", ["x" * 65, "a\\b"])
def test_a_name_that_dicom_cannot_hold_is_refused(patient: str) -> None:
    with pytest.raises(CaseError, match=r"at most 64 characters and no backslash\. Hand this patient on as FHIR"):
        cells_image(replace(STUDY, patient=patient), [jpeg(50)])

"""Microscopy annotations as highdicom's own reader finds them, beside the field that they lie on."""

import io
from pathlib import Path

import numpy as np
import pytest
from handmaker import BOXES, POLYGON, case_to_hand_on, reading

from leukolens.report.hand_on import handed

highdicom = pytest.importorskip("highdicom")


def test_each_cell_is_outlined_in_the_group_of_what_it_counts_as(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        made = {one.name: one.data for one in handed(case, reading(case), "dicom-sr")}
    found = highdicom.ann.annread(io.BytesIO(made["patient-1-field-4-annotations.dcm"]))
    groups = {group.label: group.get_graphic_data(coordinate_type="2D") for group in found.get_annotation_groups()}
    assert {name: len(outlines) for name, outlines in groups.items()} == {"ALL": 1, "uncertain": 1, "HEM": 1}
    assert np.array_equal(groups["ALL"][0], POLYGON)
    x0, y0, x1, y1 = BOXES[2]
    assert np.array_equal(groups["HEM"][0], [(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def test_they_refer_to_the_field_which_reads_as_microscopy(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        made = {one.name: one.data for one in handed(case, reading(case), "dicom-sr")}
    image = highdicom.imread(io.BytesIO(made["patient-1-field-4.dcm"]))
    matrix = image.get_total_pixel_matrix(apply_icc_profile=False)
    assert matrix.shape == (300, 400, 3)
    assert np.abs(matrix[150, 250].astype(int) - (120, 40, 140)).max() < 12
    measures = image.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert [float(one) for one in measures.PixelSpacing] == [0.0001, 0.0001]
    found = highdicom.ann.annread(io.BytesIO(made["patient-1-field-4-annotations.dcm"]))
    assert found.ReferencedImageSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID


def test_a_field_that_does_not_stand_there_any_more_has_none(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        (tmp_path / "field.png").write_bytes(b"another")
        names = [one.name for one in handed(case, reading(case), "dicom-sr")]
        assert names == ["patient-1-cells.dcm", "patient-1-sr.dcm"]

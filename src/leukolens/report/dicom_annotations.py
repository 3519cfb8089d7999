"""The cells of a field → DICOM Microscopy Bulk Simple Annotations: a group a verdict, an outline a cell."""

from collections.abc import Sequence

import numpy as np
from highdicom import AlgorithmIdentificationSequence, ann
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from leukolens import __version__
from leukolens.cases.reading import GROUPS, ReadCell
from leukolens.report.dicom_images import Study
from leukolens.report.dicom_sr import own
from leukolens.report.geojson import outline


def annotations(
    study: Study, cells: Sequence[ReadCell], image: Dataset, *, version: int
) -> ann.MicroscopyBulkSimpleAnnotations:
    """image: the field's. version: of the reading. cells: at least one, each with its box."""
    present = [group for group in GROUPS if any(cell.group == group for cell in cells)]
    groups = [
        _group(study, number, group, [cell for cell in cells if cell.group == group], image)
        for number, group in enumerate(present, 1)
    ]
    return ann.MicroscopyBulkSimpleAnnotations(
        source_images=[image],
        annotation_coordinate_type=ann.AnnotationCoordinateTypeValues.SCOORD,
        annotation_groups=groups,
        series_instance_uid=study.uid("series", "annotations", image.SOPInstanceUID),
        series_number=image.SeriesNumber + 1000,
        sop_instance_uid=study.uid("annotations", version, image.SOPInstanceUID),
        instance_number=1,
        manufacturer="LeukoLens",
        manufacturer_model_name="LeukoLens",
        software_versions=__version__,
        device_serial_number="none",
        content_label="CELLS",
    )


def _group(study: Study, number: int, name: str, cells: Sequence[ReadCell], image: Dataset) -> ann.AnnotationGroup:
    models = sorted({cell.model_id for cell in cells if cell.model_id})
    found = AlgorithmIdentificationSequence(
        name="LeukoLens",
        family=Code("123110", "DCM", "Artificial Intelligence"),
        version=f"{__version__} {' '.join(models)}".strip(),
    )
    return ann.AnnotationGroup(
        number=number,
        uid=study.uid("group", name, image.SOPInstanceUID),
        label=name,
        annotated_property_category=Code("91723000", "SCT", "Anatomical Structure"),
        annotated_property_type=own(name),
        graphic_type=ann.GraphicTypeValues.POLYGON,
        graphic_data=[_points(cell) for cell in cells],
        algorithm_type=ann.AnnotationGroupGenerationTypeValues.SEMIAUTOMATIC,
        algorithm_identification=found,
    )


def _points(cell: ReadCell) -> NDArray[np.float64]:
    """(N, 2) px of the field, open: DICOM closes a polygon itself."""
    return np.asarray(outline(cell), np.float64)

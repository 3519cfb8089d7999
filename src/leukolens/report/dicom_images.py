"""What a structured report points to, as DICOM: a patient's cells as frames of one image, and a field as microscopy.

The case keeps a thumbnail of each cell; they become a Multi-frame True Color Secondary Capture (PS3.3 A.8.5). A field
becomes a VL Whole Slide Microscopy Image of one frame (A.32.8), for which microscopy annotations are defined.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageCms
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    JPEGBaseline8Bit,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    VLWholeSlideMicroscopyImageStorage,
    generate_uid,
)

from leukolens import __version__
from leukolens.base.errors import CaseError

LONGEST_ID = 64
"""Characters of a Patient ID (LO, PS3.5 6.2)."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """Whose images these are, and when the case was begun. The same reading gets the same UIDs each time."""

    patient: str
    """'' when it is not known."""
    case: str
    created_at: str
    """UTC, ISO 8601."""

    def uid(self, *of: object) -> UID:
        """Of a thing in this study."""
        return generate_uid(entropy_srcs=[self.case, self.created_at, self.patient, *map(str, of)])


def readable(jpeg: bytes) -> bool:
    """Whether a kept picture is one; a spoiled one must not keep the others back."""
    try:
        Image.open(io.BytesIO(jpeg)).load()
    except OSError:
        return False
    return True


def cells_image(study: Study, pictures: Sequence[bytes]) -> Dataset:
    """JPEGs → an image with a frame each, in that order. Raises CaseError for a name that DICOM cannot hold."""
    images = [Image.open(io.BytesIO(one)).convert("RGB") for one in pictures]
    width, height = images[0].size
    frames = [
        one if image.size == (width, height) else _jpeg(image.resize((width, height)))
        for one, image in zip(pictures, images, strict=True)
    ]
    made = _image(study, MultiFrameTrueColorSecondaryCaptureImageStorage, "cells", *frames)
    made.Modality, made.SeriesNumber, made.SeriesDescription = "GM", 1, "Cells as the software saw them"
    made.ConversionType = "WSD"
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.FrameIncrementPointer = [0x00182002]  # (0018,2002) Frame Label Vector
    made.FrameLabelVector = [str(number) for number in range(1, len(frames) + 1)]
    _pixels(made, frames, width=width, height=height)
    return made


def field_image(study: Study, image: Image.Image, *, input_id: int, um_per_px: float | None) -> Dataset:
    """A field as microscopy in one frame. um_per_px: where it is not known, one is written and the image says so."""
    data = _jpeg(image.convert("RGB"), quality=95)
    made = _image(study, VLWholeSlideMicroscopyImageStorage, "field", input_id, data)
    made.Modality, made.SeriesNumber, made.SeriesDescription = "SM", 10 + input_id, f"Field {input_id}"
    made.ImageType = ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
    made.FrameOfReferenceUID = study.uid("frame of reference", input_id)
    made.PositionReferenceIndicator = "SLIDE_CORNER"
    scale = (um_per_px or 1.0) / 1000
    made.ImageComments = "" if um_per_px else "The scale is not known: pixel spacing and size are not to be used"
    made.ImagedVolumeWidth, made.ImagedVolumeHeight = image.width * scale, image.height * scale
    made.ImagedVolumeDepth = 1.0
    made.TotalPixelMatrixColumns, made.TotalPixelMatrixRows = image.size
    made.TotalPixelMatrixFocalPlanes = made.NumberOfOpticalPaths = 1
    made.DimensionOrganizationType = "TILED_FULL"
    made.ImageOrientationSlide = [0, -1, 0, -1, 0, 0]
    made.TotalPixelMatrixOriginSequence = [_with(XOffsetInSlideCoordinateSystem=0, YOffsetInSlideCoordinateSystem=0)]
    made.SpecimenLabelInImage, made.BurnedInAnnotation, made.FocusMethod = "NO", "NO", "MANUAL"
    made.ExtendedDepthOfField = "NO"
    made.ContainerIdentifier, made.IssuerOfTheContainerIdentifierSequence = f"field {input_id}", []
    made.ContainerTypeCodeSequence = [_code("433466003", "SCT", "Microscope slide")]
    specimen = _with(SpecimenIdentifier=f"field {input_id}", SpecimenUID=study.uid("specimen", input_id))
    specimen.IssuerOfTheSpecimenIdentifierSequence = specimen.SpecimenPreparationSequence = []
    made.SpecimenDescriptionSequence = [specimen]
    path = _with(
        OpticalPathIdentifier="1", IlluminationTypeCodeSequence=[_code("111744", "DCM", "Brightfield illumination")]
    )
    path.IlluminationColorCodeSequence = [_code("414298005", "SCT", "Full Spectrum")]
    path.ICCProfile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made.OpticalPathSequence = [path]
    measures = _with(PixelSpacing=[round(scale, 9)] * 2, SliceThickness=0.001)
    kind = _with(FrameType=list(made.ImageType))
    made.SharedFunctionalGroupsSequence = [
        _with(PixelMeasuresSequence=[measures], WholeSlideMicroscopyImageFrameTypeSequence=[kind])
    ]
    made.AcquisitionContextSequence = []
    made.VolumetricProperties = "VOLUME"
    _pixels(made, [data], width=image.width, height=image.height)
    return made


def file_bytes(dataset: Dataset) -> bytes:
    """As a DICOM file (PS3.10)."""
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _image(study: Study, sop_class: UID, what: str, *content: object) -> FileDataset:
    if len(study.patient) > LONGEST_ID or "\\" in study.patient:
        reason = f"a DICOM Patient ID has at most {LONGEST_ID} characters and no backslash"
        raise CaseError(reason, hint="Hand this patient on as FHIR, PDF or CSV")
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = study.uid(what, *content)
    meta.TransferSyntaxUID = JPEGBaseline8Bit
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID = study.uid("study")
    made.SeriesInstanceUID = study.uid("series", what, *content)
    made.PatientID, made.PatientName, made.PatientBirthDate, made.PatientSex = study.patient, "", "", ""
    made.StudyDate, made.StudyTime = study.created_at[:10].replace("-", ""), study.created_at[11:19].replace(":", "")
    made.ContentDate, made.ContentTime = made.StudyDate, made.StudyTime
    made.AcquisitionDateTime = made.StudyDate + made.StudyTime
    made.AccessionNumber = made.StudyID = made.ReferringPhysicianName = ""
    made.InstanceNumber = 1
    made.Manufacturer, made.ManufacturerModelName, made.SoftwareVersions = "LeukoLens", "LeukoLens", __version__
    made.DeviceSerialNumber = "none"
    return made


def _pixels(made: Dataset, frames: Sequence[bytes], *, width: int, height: int) -> None:
    """JPEG frames as they are: nothing is compressed a second time."""
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "YBR_FULL_422", 0
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    made.Rows, made.Columns, made.NumberOfFrames = height, width, len(frames)
    made.LossyImageCompression, made.LossyImageCompressionMethod = "01", "ISO_10918_1"
    made.LossyImageCompressionRatio = round(width * height * 3 * len(frames) / sum(map(len, frames)), 2)
    made.PixelData = encapsulate(list(frames))
    made["PixelData"].is_undefined_length = True
    made["PixelData"].VR = "OB"


def _jpeg(image: Image.Image, *, quality: int = 85) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _with(**values: object) -> Dataset:
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    return _with(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)

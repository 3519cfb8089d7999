"""A drawn slide as a pyramidal TIFF and as DICOM microscopy."""

from pathlib import Path

import numpy as np
import pydicom
import tifffile
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, VLWholeSlideMicroscopyImageStorage, generate_uid

TILE = 256
UM_PER_PX = 0.25


def drawn() -> NDArray[np.uint8]:
    """(700, 900, 3): noise at the left, glass at the right, one cell in it."""
    rgb = np.random.default_rng(0).integers(0, 256, (700, 900, 3), np.uint8)
    rgb[:, 300:] = 240
    rgb[600:612, 850:862] = (120, 40, 140)
    return rgb


def write_pyramid(path: Path, rgb: NDArray[np.uint8], *, description: str | None = None) -> None:
    """Tiled, two levels, 0.25 µm per pixel in its resolution."""
    per_cm = (1e4 / UM_PER_PX, 1e4 / UM_PER_PX)
    with tifffile.TiffWriter(path) as tiff:
        for level, step in enumerate((1, 2)):
            tiff.write(
                rgb[::step, ::step],
                tile=(TILE, TILE),
                photometric="rgb",
                subfiletype=1 if level else 0,
                resolution=per_cm,
                resolutionunit="CENTIMETER",
                description=None if level else description,
                metadata=None,
            )


def write_dicom(path: Path, rgb: NDArray[np.uint8], *, sop_class: str = VLWholeSlideMicroscopyImageStorage) -> None:
    """One level, uncompressed, TILED_FULL; PS3.3 A.32.8."""
    height, width, _ = rgb.shape
    down, across = -(-height // TILE), -(-width // TILE)
    padded = np.full((down * TILE, across * TILE, 3), 255, np.uint8)
    padded[:height, :width] = rgb
    frames = padded.reshape(down, TILE, across, TILE, 3).swapaxes(1, 2)

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    slide = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    slide.SOPClassUID, slide.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    for uid in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        setattr(slide, uid, generate_uid(entropy_srcs=[uid]))
    slide.Modality = "SM"
    slide.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    slide.SamplesPerPixel, slide.PhotometricInterpretation, slide.PlanarConfiguration = 3, "RGB", 0
    slide.BitsAllocated, slide.BitsStored, slide.HighBit, slide.PixelRepresentation = 8, 8, 7, 0
    slide.Rows = slide.Columns = TILE
    slide.NumberOfFrames = down * across
    slide.TotalPixelMatrixColumns, slide.TotalPixelMatrixRows = width, height
    slide.TotalPixelMatrixFocalPlanes = 1
    slide.DimensionOrganizationType = "TILED_FULL"
    slide.OpticalPathSequence = Sequence([Dataset()])
    slide.OpticalPathSequence[0].OpticalPathIdentifier = "1"
    measures = Dataset()
    measures.PixelSpacing = [UM_PER_PX / 1000, UM_PER_PX / 1000]
    measures.SliceThickness = 0.001
    shared = Dataset()
    shared.PixelMeasuresSequence = Sequence([measures])
    slide.SharedFunctionalGroupsSequence = Sequence([shared])
    slide.PixelData = frames.tobytes()
    pydicom.dcmwrite(path, slide, enforce_file_format=True)

"""Micrometres per pixel from each kind of metadata, and none from a printer's or a screen's resolution."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from leukolens.images.scale import Scale, from_description, given_or_own, read_scale

RGB = np.zeros((8, 8, 3), np.uint8)


def tiff(**options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, RGB, photometric="rgb", **options)  # type: ignore[arg-type]
    return file.getvalue()


def ome(sizes: str) -> str:
    head = '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
    return f'{head}<Image ID="Image:0"><Pixels ID="Pixels:0" SizeX="8" {sizes}/></Image></OME>'


@pytest.mark.parametrize(
    ("options", "um_per_px", "source"),
    [
        ({"resolution": (40_000, 40_000), "resolutionunit": "CENTIMETER", "metadata": None}, 0.25, "resolution"),
        ({"resolution": (101_600, 101_600), "resolutionunit": "INCH", "metadata": None}, 0.25, "resolution"),
        ({"imagej": True, "resolution": (10.0, 10.0), "metadata": {"unit": "um"}}, 0.1, "ImageJ"),
        ({"imagej": True, "resolution": (10.0, 10.0), "metadata": {"unit": "micron"}}, 0.1, "ImageJ"),
        ({"imagej": True, "resolution": (10.0, 10.0), "metadata": {"unit": "\\u00B5m"}}, 0.1, "ImageJ"),
        ({"ome": True, "metadata": {"PhysicalSizeX": 0.2, "PhysicalSizeY": 0.2}}, 0.2, "OME-XML"),
        ({"description": "Aperio Image Library\n8x8 |AppMag = 40|MPP = 0.2527", "metadata": None}, 0.2527, "Aperio"),
    ],
)
def test_each_kind_of_metadata(options: dict[str, object], um_per_px: float, source: str) -> None:
    found = read_scale(tiff(**options))
    assert found is not None
    assert found.um_per_px == pytest.approx(um_per_px, rel=1e-3)
    assert found.source == source


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
@pytest.mark.parametrize("dpi", [72, 96, 300, 1200])
def test_a_printers_resolution_is_none(kind: str, dpi: int) -> None:
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, kind, dpi=(dpi, dpi))
    assert read_scale(file.getvalue()) is None


def test_a_png_of_a_microscope_has_one() -> None:
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "PNG", dpi=(101_600, 101_600))
    assert read_scale(file.getvalue()) == Scale(um_per_px=pytest.approx(0.25, rel=1e-3), source="resolution")


def test_what_is_given_goes_before_the_files_own() -> None:
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, "PNG", dpi=(101_600, 101_600))
    assert given_or_own(0.1, file.getvalue()) == (0.1, "given")
    assert given_or_own(None, file.getvalue()) == (pytest.approx(0.25, rel=1e-3), "resolution")
    assert given_or_own(None, None) == given_or_own(None, b"") == (None, "given")


@pytest.mark.parametrize(
    ("sizes", "um_per_px"),
    [
        ('PhysicalSizeX="0.2" PhysicalSizeY="0.2"', 0.2),
        ('PhysicalSizeX="200" PhysicalSizeXUnit="nm" PhysicalSizeY="200" PhysicalSizeYUnit="nm"', 0.2),
        ('PhysicalSizeX="0.2" PhysicalSizeXUnit="μm" PhysicalSizeY="0.2" PhysicalSizeYUnit="µm"', 0.2),
        ('PhysicalSizeX="0.2" PhysicalSizeY="0.4"', None),  # not square
        ('PhysicalSizeX="25" PhysicalSizeY="25"', None),  # not a microscope's
        ('PhysicalSizeX="1" PhysicalSizeXUnit="pixel" PhysicalSizeY="1" PhysicalSizeYUnit="pixel"', None),
        ('PhysicalSizeX="nan" PhysicalSizeY="nan"', None),
        ('PhysicalSizeX="" PhysicalSizeY=""', None),
        ("", None),
    ],
)
def test_ome_units_and_nonsense(sizes: str, um_per_px: float | None) -> None:
    found = from_description(ome(sizes))
    assert (None if found is None else found.um_per_px) == um_per_px


@pytest.mark.parametrize("text", ["", "<OME", "|MPP = .", "|MPP = 0", "ImageJ=1.53\nunit=micron\n", "ImageJ=1.53\n"])
def test_a_text_that_tells_nothing(text: str) -> None:
    assert from_description(text) is None


@pytest.mark.parametrize("data", [b"", b"text", tiff()[:20]])
def test_a_broken_file_tells_nothing(data: bytes) -> None:
    assert read_scale(data) is None

"""Micrometres per pixel, as a picture's own metadata say: OME-XML, Aperio, ImageJ, or a resolution in dots per inch.

Nearly every file has a resolution, and most are a printer's or a screen's (72, 96, 300 dpi). So a value counts only
inside what a light microscope's camera has. Formats: OME-XML 2016-06 (`Pixels`), Aperio's ImageDescription (`MPP`),
ImageJ's ImageDescription (`unit`), TIFF 6.0 tags 282, 283 and 296.
"""

import io
import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from PIL import Image

from leukolens.images.decode import FORMATS

PLAUSIBLE = (0.02, 2.0)
"""µm per pixel, both ends included: from a 100× objective with a fine camera to a 5× one."""

_SQUARE = 1.01
"""Two sides of a pixel may differ by this factor and still be one scale."""

_UM = {"m": 1e6, "cm": 1e4, "mm": 1e3, "um": 1.0, "micron": 1.0, "microns": 1.0, "nm": 1e-3, "inch": 25_400.0}
"""Micrometres in each unit, as `_unit` spells it."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How large a pixel is, and who says so."""

    um_per_px: float
    """Micrometres, > 0."""
    source: str
    """'OME-XML', 'Aperio', 'ImageJ' or 'resolution'."""


def read_scale(data: bytes) -> Scale | None:
    """Of an image file's bytes; None where its metadata tell nothing plausible, or nothing at all."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            tags: Any = getattr(image, "tag_v2", {})
            description = str(tags.get(270, ""))
            per_unit = float(tags.get(282, 0)), float(tags.get(283, 0))
            dpi = image.info.get("dpi", (0, 0))
            dots = float(dpi[0]), float(dpi[1])
    except Exception:  # what is broken here is the decoder's to name; here it only tells nothing
        return None
    return from_description(description, per_unit) or _of(dots, "inch", "resolution")


def given_or_own(um_per_px: float | None, data: bytes | None) -> tuple[float | None, str]:
    """Micrometres per pixel and who says so: what was given, else what the file's own metadata tell.

    data: the file's bytes; None where there is no file. (None, 'given') where nobody says.
    """
    own = read_scale(data) if um_per_px is None and data is not None else None
    return (um_per_px, "given") if own is None else (own.um_per_px, own.source)


def from_description(text: str, per_unit: tuple[float, float] = (0.0, 0.0)) -> Scale | None:
    """Of the ImageDescription of a TIFF. per_unit: its pixels per unit along x and y; ImageJ names the unit."""
    if "<OME" in text:
        return _from_ome(text)
    if match := re.search(r"\|\s*MPP\s*=\s*([0-9.]+)", text):
        return _plausible(match[1], match[1], "um", "Aperio")
    if text.startswith("ImageJ=") and (match := re.search(r"^unit=(.+)$", text, re.MULTILINE)):
        return _of(per_unit, match[1], "ImageJ")
    return None


def _from_ome(text: str) -> Scale | None:
    try:
        root = ElementTree.fromstring(text.strip().rstrip("\0"))
    except (ElementTree.ParseError, ValueError):
        return None
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "Pixels":
            sides = element.get("PhysicalSizeX", ""), element.get("PhysicalSizeY", "")
            units = element.get("PhysicalSizeXUnit", "µm"), element.get("PhysicalSizeYUnit", "µm")
            return _plausible(*sides, units[0], "OME-XML") if _unit(units[0]) == _unit(units[1]) else None
    return None


def _of(per_unit: tuple[float, float], unit: str, source: str) -> Scale | None:
    """Of pixels per unit along x and y."""
    return _plausible(1 / per_unit[0], 1 / per_unit[1], unit, source) if min(per_unit) > 0 else None


def _plausible(x: str | float, y: str | float, unit: str, source: str) -> Scale | None:
    """Of a pixel's two sides in `unit`, where they are one scale that a microscope has."""
    try:
        sides = [float(side) * _UM[_unit(unit)] for side in (x, y)]
    except (ValueError, KeyError):
        return None
    least, most = PLAUSIBLE
    if not all(least <= side <= most for side in sides) or max(sides) > _SQUARE * min(sides):
        return None
    return Scale(um_per_px=sum(sides) / 2, source=source)


def _unit(text: str) -> str:
    """'µm', 'μm' and ImageJ's '\\u00B5m' are 'um'."""
    return text.strip().replace("\\u00B5", "u").replace("µ", "u").replace("μ", "u")

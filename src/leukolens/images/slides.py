"""Whole slides and pyramids, tile by tile in constant memory: scanners' formats, tiled TIFF and DICOM (extra `slides`).

OpenSlide reads them (Goode et al. 2013, J Pathol Inform 4:27); from 4.0 on DICOM too (VL Whole Slide Microscopy).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukolens.base.closing import Closing
from leukolens.base.errors import ImageError, MissingExtra
from leukolens.base.extras import require
from leukolens.images.scale import PLAUSIBLE, Scale, from_description

TILE = 1024
"""Pixels a side."""
OVERLAP = 128
"""Pixels that neighbouring tiles share: a white cell of 20 µm at 0.16 µm per pixel lies whole in one of them."""

_GLASS = 200
"""Green, 0–255, above which a pixel is taken for glass: haemoglobin and every stain of blood absorb green."""
_FEWEST = 32
"""Pixels that are not glass in a tile that is worth looking at; a nucleus has more at every plausible scale."""
_UNSCANNED = frozenset({"mirax", "dicom"})
"""Vendors whose scanners leave out glass on purpose; with the others a tile that is not there is damage."""


@dataclass(frozen=True, kw_only=True)
class Slide(Closing):
    """An open slide; close it, or use it in a `with`."""

    path: Path
    size: tuple[int, int]
    """Width and height in pixels, at full resolution."""
    scale: Scale | None
    """None where its metadata tell nothing plausible."""
    vendor: str
    """As OpenSlide calls it: 'aperio', 'dicom', 'generic-tiff'."""
    _opened: Any = field(repr=False)

    @property
    def um_per_px(self) -> float | None:
        """Micrometres per pixel at full resolution."""
        return None if self.scale is None else self.scale.um_per_px

    def tiles(self, size: int = TILE, overlap: int = OVERLAP) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
        """Yield (x, y, rgb) of each tile that shows more than glass, row by row; x, y: its upper left pixel.

        rgb: (H, W, 3) uint8, `size` a side or less at the right and lower edge. Raises ImageError for a tile that is
        missing or cannot be decoded.
        """
        width, height = self.size
        for y in _starts(height, size, overlap):
            for x in _starts(width, size, overlap):
                rgb = self._read(x, y, min(size, width - x), min(size, height - y))
                if rgb is not None and np.count_nonzero(rgb[..., 1] < _GLASS) >= _FEWEST:
                    yield x, y, rgb

    def _read(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8] | None:
        """None where nothing was scanned."""
        import openslide

        try:
            rgba = np.asarray(self._opened.read_region((x, y), 0, (width, height)))
        except openslide.OpenSlideError as error:  # OpenSlide answers nothing any more after its first error
            reason = f"cannot be decoded at x {x}, y {y} ({error})"
            raise ImageError(reason, path=self.path, hint="Copy the file again") from error
        there = rgba[..., 3] == 255
        if there.all():
            return np.ascontiguousarray(rgba[..., :3])
        if self.vendor not in _UNSCANNED:
            hint = "Copy the file again, or export it again"
            raise ImageError(
                f"lacks a tile in the {width} × {height} pixels at x {x}, y {y}", path=self.path, hint=hint
            )
        return np.where(there[..., None], rgba[..., :3], np.uint8(255)) if there.any() else None

    def overview(self, longest: int) -> NDArray[np.uint8]:
        """(H, W, 3) of the whole slide, at most `longest` px a side, from the level that is next larger."""
        return np.asarray(self._opened.get_thumbnail((longest, longest)).convert("RGB"))

    def close(self) -> None:
        """Of no use afterwards."""
        self._opened.close()


def is_slide(path: Path) -> bool:
    """Whether OpenSlide, where it is installed, takes the file for one of its formats."""
    try:
        require("openslide", extra="slides")
    except MissingExtra:
        return False
    import openslide

    return openslide.OpenSlide.detect_format(path) is not None


def is_pyramid(data: bytes, path: Path) -> bool:
    """Whether a file that is not one picture is a slide's TIFF, which holds many. data: its first bytes."""
    return data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")) and is_slide(path)


def open_slide(path: Path) -> Slide:
    """Open a whole slide or a tiled TIFF. Raises ImageError with the reason; MissingExtra without OpenSlide."""
    require("openslide", extra="slides")
    import openslide

    if not path.is_file():
        raise ImageError("is not a file" if path.exists() else "does not exist", path=path, hint="Check its path")
    try:
        opened = openslide.OpenSlide(path)
    except openslide.OpenSlideUnsupportedFormatError as error:
        raise _not_a_slide(path) from error
    except openslide.OpenSlideError as error:
        raise ImageError(f"is a slide that cannot be opened ({error})", path=path, hint="Copy it again") from error
    properties = opened.properties
    return Slide(
        path=path,
        size=opened.dimensions,
        scale=_scale(properties),
        vendor=properties.get(openslide.PROPERTY_NAME_VENDOR, ""),
        _opened=opened,
    )


def _not_a_slide(path: Path) -> ImageError:
    with path.open("rb") as file:
        head = file.read(132)
    if head[128:] == b"DICM":
        reason = "is DICOM, but not of a whole slide (VL Whole Slide Microscopy)"
        return ImageError(reason, path=path, hint="Give the slide's own file; other modalities show no cells")
    return ImageError(
        "is not a whole slide: neither a scanner's format, a tiled TIFF nor DICOM microscopy",
        path=path,
        hint="Give an ordinary picture to `leukolens predict` as it is",
    )


def _scale(properties: Any) -> Scale | None:
    """OME-XML and the like before the reader's own µm per pixel, where that is plausible."""
    described = from_description(properties.get("tiff.ImageDescription", ""))
    if described is not None:
        return described
    try:
        x, y = float(properties["openslide.mpp-x"]), float(properties["openslide.mpp-y"])
    except (KeyError, ValueError):
        return None
    least, most = PLAUSIBLE
    return Scale(um_per_px=(x + y) / 2, source="resolution") if least <= x <= most and least <= y <= most else None


def _starts(length: int, size: int, overlap: int) -> range:
    """Where tiles begin along one side, so that the last one reaches the end."""
    return range(0, max(length - overlap, 1), size - overlap)

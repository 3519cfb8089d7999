"""(H, W, 3) image → what is measured of it, and why it is no segmented lymphoid cell at C-NMC's scale.

On the whole image, before the crop. Everything is measured on blocks of 2×2 px (the mean of each), so that neither
camera noise nor the fringes of JPEG light the background. That loses pieces, holes and gaps narrower than 2 px.

The limits come from C-NMC alone. They say that an image is unlike those images; an image inside them may still be no
lymphocyte: another laboratory's cells, brought to C-NMC's size and colours, pass in 7 to 23 % (docs/results).
Every grey image is refused here, whatever the network makes of it: that is measured apart, without this check.
"""

import colorsys
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from PIL import Image

from leukolens.base.schema import Count, Degrees, NotNegative, Share
from leukolens.cells.parts import Mask, Parts, eroded, find_parts
from leukolens.images.decode import Rgb, as_image

Kind = Literal["background", "empty", "grey", "hue", "cells", "cut", "place", "area", "focus", "grain", "unlike"]
"""'unlike' is `leukolens.model.distance`'s; the others are found here."""

BLOCK = 2
"""Side of a block, px."""
BLACK = 16
"""0–255. A block is lit when a channel is above it; noise of σ 10 stays below."""
CORE = 12
"""px. The core of a cell is what lies deeper: free of the edge that the segmentation drew, and in two pieces where a
neck narrower than twice this joins two cells."""
_SECOND = 0.25
"""A core of at least this share of the largest is another cell; less is what the segmentation left beside the cell."""
_COARSE = 3
"""Blocks a side of the coarse blocks that grain is measured on."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R 601


@dataclass(frozen=True, kw_only=True)
class Quality:
    """What is measured of one image. Where nothing has a core, `cells` is 0 and so is all that stands under it."""

    background: float
    """0–255, the median over the image's border of each block's brightest channel."""
    border: int
    """px of the image's border that are lit."""
    area: int
    """px² of the largest lit part."""
    cells: int
    """Cores that are large enough."""
    offset: float = 0.0
    """px from the image's middle to the middle of the largest part."""
    saturation: float = 0.0
    """Of the largest core, 0–1: 1 − mean smallest channel / mean largest channel."""
    hue: float = 0.0
    """Degrees on the colour wheel (240 blue, 300 magenta), of the core's mean colour."""
    brightness: float = 0.0
    """0–255, the core's mean luma. No limit on it: light varies, and the two below are measured in its percent."""
    sharpness: float = 0.0
    """% of the brightness: root mean square of the Laplacian of the core's luma, on blocks of 2 px."""
    grain: float = 0.0
    """The same on blocks of 6 px: how coarse the texture is."""


# Measured on the 7108 cells of folds 0 and 1 (`studies/refusal.py`); in brackets the share of fold 0 and
# of fold 1 that each limit cuts. Where that is nothing, the extreme that was seen. All together cut 0.40 % and 0.61 %.
@dataclass(frozen=True, kw_only=True)
class QualityLimits:
    """From where to where an image is taken for a cell of C-NMC, the limits included."""

    background: Annotated[float, Meta(ge=0, le=255)] = 10.0
    """0–255 (0, 0; always 0 there, 6 with noise of σ 10)."""
    saturation: Share = 0.4
    """Less is grey (0, 0; lowest 0.49)."""
    lowest_hue: Degrees = 268.0
    """Degrees (0, 0; lowest 270.0)."""
    highest_hue: Degrees = 310.0
    """Degrees (0, 0.08 %)."""
    cells: Annotated[int, Meta(ge=1)] = 1
    """(0.20 %, 0.25 %: deep notches that cut the core in two, and touching cells that the segmentation left.)"""
    border: Count = 44
    """px of the border that are lit (0.09 %, 0.11 %)."""
    offset: NotNegative = 40.0
    """px from the middle (0, 0; largest 26)."""
    smallest_area: Count = 11_000
    """px² (0.09 %, 0.08 %)."""
    largest_area: Count = 60_000
    """px² (0, 0; largest 50,748)."""
    sharpness: NotNegative = 3.5
    """% (0.03 %, 0)."""
    grain: NotNegative = 28.0
    """% (0, 0.11 %)."""

    def __post_init__(self) -> None:
        if self.lowest_hue > self.highest_hue:
            raise ValueError(f"lowest_hue {self.lowest_hue} is above highest_hue {self.highest_hue}")
        if self.smallest_area > self.largest_area:
            raise ValueError(f"smallest_area {self.smallest_area} is above largest_area {self.largest_area}")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One reason why an image is not judged."""

    kind: Kind
    text: str
    """Follows the file's name, as an ImageError's reason: 'is out of focus (sharpness 2.1 %, at least 3.5 %)'."""
    hint: str
    """What to do about it, without a full stop, as an ImageError's hint."""


def measure(rgb: Rgb) -> Quality:
    """rgb: (H, W, 3) uint8 RGB, or Pillow's image: the whole image."""
    red, green, blue = _blocks(as_image(rgb))
    brightest = np.maximum(np.maximum(red, green), blue)
    lit = brightest > BLACK
    box = _box(lit)  # a quarter of the image, and so of the time
    parts, cores = find_parts(lit[box]), find_parts(eroded(lit[box], CORE // BLOCK))
    border = _border(brightest)
    seen = Quality(
        background=float(np.median(border)) if border.any() else 0.0,  # a tenth of the time
        border=BLOCK * int((border > BLACK).sum()),
        area=BLOCK**2 * int(parts.areas.max(initial=0)),
        cells=int((cores.areas >= _SECOND * cores.areas.max(initial=1)).sum()),
    )
    if not seen.cells:
        return seen
    core = np.zeros(parts.shape, np.bool_)
    reach = CORE // BLOCK
    core[reach:-reach, reach:-reach] = cores.mask(int(cores.areas.argmax()))
    offset = _offset(parts, box, lit.shape)
    return _of_the_core(replace(seen, offset=offset), [plane[box] for plane in (red, green, blue)], core)


def _blocks(image: Image.Image) -> list[NDArray[np.uint8]]:
    """3 × (H / BLOCK, W / BLOCK): the mean of each block, from what is not black alone: a fifth of a cut-out."""
    size = [-(-side // BLOCK) for side in image.size]
    planes = [np.zeros(size[::-1], np.uint8) for _ in image.getbands()]
    if (lit := image.getbbox()) is None:
        return planes
    left, top, right, bottom = lit[0] // BLOCK, lit[1] // BLOCK, -(-lit[2] // BLOCK), -(-lit[3] // BLOCK)
    ends = min(BLOCK * right, image.width), min(BLOCK * bottom, image.height)
    bands = image.reduce(BLOCK, box=(BLOCK * left, BLOCK * top, *ends)).split()
    for plane, band in zip(planes, bands, strict=True):  # each in one piece: faster
        plane[top:bottom, left:right] = np.asarray(band)
    return planes


def _box(lit: Mask) -> tuple[slice, slice]:
    """Rows and columns from the first lit one to the last; empty where nothing is lit."""
    rows, columns = (np.flatnonzero(lit.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return np.s_[:0, :0]
    return np.s_[int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]


def _border(values: NDArray[Any]) -> NDArray[Any]:
    """The outermost blocks of (H, W), each once."""
    return np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])


def _offset(parts: Parts, box: tuple[slice, slice], shape: tuple[int, ...]) -> float:
    """px from the middle of the image, of that shape in blocks, to the middle of the largest part in its box."""
    middles = parts.middle(int(parts.areas.argmax()))
    away = (side.start + middle - length / 2 for side, middle, length in zip(box, middles, shape, strict=True))
    return BLOCK * math.hypot(*away)


def _of_the_core(seen: Quality, blocks: Sequence[NDArray[np.uint8]], core: Mask) -> Quality:
    """blocks: 3 × (H, W) of the box; core: (H, W), at least CORE from the box's sides: the margin is inside it."""
    margin = 2 * _COARSE - 1  # a coarse block on each side of the core, wherever the grid falls
    rows, columns = (slice(side.start - margin, side.stop + margin) for side in _box(core))
    core, planes = core[rows, columns], [plane[rows, columns] for plane in blocks]
    red, green, blue = (plane[core] for plane in planes)
    largest, smallest = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    luma = sum(weight * plane for weight, plane in zip(_LUMA, planes, strict=True))
    brightness = float(luma[core].mean())
    return replace(
        seen,
        saturation=1 - float(smallest.mean() / largest.mean()),
        hue=360 * colorsys.rgb_to_hsv(float(red.mean()), float(green.mean()), float(blue.mean()))[0],
        brightness=brightness,
        sharpness=100 * _roughness(luma, core) / brightness,
        grain=100 * _roughness(_coarse(luma), _coarse(core.astype(np.float32)) == 1) / brightness,
    )


def _coarse(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W) → (H / 3, W / 3) means of coarse blocks; what is over at the end is left out."""
    height, width = (side // _COARSE * _COARSE for side in values.shape)
    lines = sum((values[row:height:_COARSE] for row in range(1, _COARSE)), start=values[:height:_COARSE])
    blocks = sum((lines[:, column:width:_COARSE] for column in range(1, _COARSE)), start=lines[:, :width:_COARSE])
    return np.asarray(blocks / _COARSE / _COARSE)


def _roughness(luma: NDArray[np.float32], inside: Mask) -> float:
    """Root mean square of the Laplacian (four neighbours) over `inside`; 0 where that is empty."""
    centre, across = luma[1:-1, 1:-1], luma[1:-1, :-2] + luma[1:-1, 2:]
    laplacian = (4 * centre - across - luma[:-2, 1:-1] - luma[2:, 1:-1])[inside[1:-1, 1:-1]]
    return math.sqrt(float((laplacian**2).mean())) if laplacian.size else 0.0


def refusals(seen: Quality, limits: QualityLimits) -> tuple[Refusal, ...]:
    """Every limit that `seen` is outside of, the most telling first.

    Where there is a background or no cell, that alone: the rest would speak of no cell. A grey cell has no hue.
    """
    if seen.background > limits.background:
        text = f"has a background that is not black (level {seen.background:.0f}, at most {limits.background:.0f})"
        hint = "Cut the cell out on exact black, or give the whole field that it lies in"
        return (Refusal(kind="background", text=text, hint=hint),)
    if not seen.cells:
        return (
            Refusal(
                kind="empty",
                text=f"shows no cell (nothing lit is thicker than {2 * CORE} px)",
                hint="Give an image of one whole cell on black",
            ),
        )
    return (*_of_colour(seen, limits), *_of_place(seen, limits), *_of_detail(seen, limits))


def _of_colour(seen: Quality, limits: QualityLimits) -> Iterator[Refusal]:
    if seen.saturation < limits.saturation:
        text = f"is grey (saturation {seen.saturation:.2f}, at least {limits.saturation:.2f})"
        whole = "It looks like a photograph of a whole field: give that to `leukolens find`, which cuts the cells out"
        hint = whole if seen.area > limits.largest_area else "Give the image in the colours of its stain"
        yield Refusal(kind="grey", text=text, hint=hint)
    elif not limits.lowest_hue <= seen.hue <= limits.highest_hue:
        allowed = f"{limits.lowest_hue:.0f}–{limits.highest_hue:.0f}°"
        text = f"is not in the colours of the stain that the model knows (hue {seen.hue:.0f}°, {allowed})"
        yield Refusal(kind="hue", text=text, hint="Normalise the stain, and check that red and blue are not swapped")


def _of_place(seen: Quality, limits: QualityLimits) -> Iterator[Refusal]:
    if seen.cells > limits.cells:
        text = f"shows more than one cell ({seen.cells}, at most {limits.cells})"
        yield Refusal(kind="cells", text=text, hint="Cut each cell out and give it an image of its own")
    if seen.border > limits.border:
        text = f"shows a cell cut off by the border ({seen.border} px of the border are lit, at most {limits.border})"
        yield Refusal(kind="cut", text=text, hint="Cut out a larger image that holds the whole cell")
    if seen.offset > limits.offset:
        text = f"shows a cell that is not in the middle ({seen.offset:.0f} px, at most {limits.offset:.0f})"
        yield Refusal(kind="place", text=text, hint="Cut the image so that the cell is in its middle")
    if not limits.smallest_area <= seen.area <= limits.largest_area:
        size = "small" if seen.area < limits.smallest_area else "large"
        allowed = f"{limits.smallest_area:,}–{limits.largest_area:,}"
        text = f"shows a cell that is too {size} ({seen.area:,} px², {allowed})"
        yield Refusal(kind="area", text=text, hint="Give single lymphoid cells at the magnification of C-NMC")


def _of_detail(seen: Quality, limits: QualityLimits) -> Iterator[Refusal]:
    if seen.sharpness < limits.sharpness:
        text = f"is out of focus (sharpness {seen.sharpness:.1f} %, at least {limits.sharpness:.1f} %)"
        yield Refusal(kind="focus", text=text, hint="Focus, take the image again, and do not enlarge it")
    if seen.grain > limits.grain:
        text = f"is coarser inside than a lymphoid cell (grain {seen.grain:.1f} %, at most {limits.grain:.1f} %)"
        yield Refusal(kind="grain", text=text, hint="Give single lymphoid cells, cut out without their surroundings")

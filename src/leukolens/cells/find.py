"""A field → its white cells: where each lies, its outline, its nucleus, what it is and why it is not judged.

All is found on a copy in which a red cell is 24 px across, whatever the camera: a field of 10 megapixels is a third of
a megapixel there. Outlines are curves and are brought back to the picture as it came; pixels are only touched again
when a cell is cut out (`leukolens.cells.cut_out`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.edge import remains
from leukolens.cells.network import RED_CELL_PX, SHIPPED, STRIDE, Map, Maps, see
from leukolens.cells.separate import Peak, peaks, separated
from leukolens.cells.shrink import resized
from leukolens.cells.stain import Density, Light, Rgb, optical_density

Kind = Literal["lymphoid", "other_white", "smudge", "platelets", "cut", "unsure"]
Outline = NDArray[np.float32]
"""(N, 2) x, y in px of the picture as it came, closed by its first point; 0, 0 is the corner of the first pixel."""
LEAST_HEAT = 0.35
"""Of a middle, 0–1: below, it is not a white cell. Set by hand, not yet measured."""
SURE_HEAT = 0.5
"""Below, a found cell is 'unsure'."""
_EDGE = 2.0
"""px that the network saw: a cell this close to the picture's side is cut."""
_SMALLEST = 4.5
"""µm across; what is smaller is a platelet."""
_BY_STAIN = 0.4
"""Confidence at most in what stain alone tells: a platelet takes it too (one of three such parts on BCCD, TXL-PBC)."""
_CUT = "is cut by the picture's edge"


@dataclass(frozen=True, kw_only=True)
class FoundCell:
    """One white cell, or what looks like one, in px of the picture as it came."""

    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 around the outline."""
    outline: Outline
    """The whole cell."""
    nucleus: tuple[Outline, ...]
    """Each lobe that stands alone; empty where none shows."""
    area: float
    """µm² of the whole cell."""
    nucleus_area: float
    """µm²."""
    touching: bool
    """Another white cell lies against it."""
    confidence: float
    """0–1 that there is a white cell."""
    kind: Kind
    reason: str = ""
    """Why it is not judged; '' for a lymphoid cell."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A field at the network's size."""

    density: Density
    """(H, W, 3)."""
    maps: Maps
    factor: float
    """px of this view for one of the picture as it came."""

    @property
    def um_per_px(self) -> float:
        """Of this view, by the scale it was made with."""
        return 7.5 / RED_CELL_PX


def view_of(rgb: Rgb, light: Light, *, um_per_px: float, model: Path = SHIPPED) -> View:
    """rgb: (H, W, 3) uint8; um_per_px: of this picture."""
    factor = um_per_px * RED_CELL_PX / 7.5
    density = optical_density(resized(rgb, factor), light)
    return View(density=density, maps=see(density, model=model), factor=factor)


def cells_in(view: View) -> list[FoundCell]:
    """Every white cell of the view, from top to bottom. Their kind is what the place alone tells: 'cut', 'platelets',
    'unsure', or 'lymphoid' until `leukolens.cells.kind` has looked."""
    shape = (view.density.shape[0], view.density.shape[1])
    middles = peaks(view.maps.white, view.maps.width, view.maps.height, least=LEAST_HEAT)
    owner = separated(view.maps.cell, middles, shape=shape)
    found = [cell for number, peak in enumerate(middles, 1) if (cell := _cell(view, owner, number, peak)) is not None]
    return sorted([*found, *_at_the_edge(view, found)], key=lambda cell: (cell.box[1], cell.box[0]))


def _at_the_edge(view: View, found: list[FoundCell]) -> Iterator[FoundCell]:
    """Parts of white cells that the finder does not know as such."""
    shape = (view.density.shape[0], view.density.shape[1])
    nuclei, known = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for cell in found:
        fill(known, cell.outline, factor=view.factor)
        for lobe in cell.nucleus if cell.kind == "lymphoid" else ():
            fill(nuclei, lobe, factor=view.factor)
    known = np.asarray(cv2.dilate(known, np.ones((5, 5), np.uint8)))
    for mask, likeness in remains(view.density, nuclei > 0, known > 0, um_per_px=view.um_per_px):
        outline = _largest(mask)
        if outline is not None:
            area = cv2.contourArea(outline) * view.um_per_px**2
            whole = outline / np.float32(view.factor)
            yield FoundCell(
                box=_bounds(whole),
                outline=whole,
                nucleus=(whole,),
                area=area,
                nucleus_area=area,
                touching=False,
                confidence=_BY_STAIN * likeness,
                kind="cut",
                reason=_CUT,
            )


def _cell(view: View, owner: NDArray[np.int32], number: int, peak: Peak) -> FoundCell | None:
    height, width = owner.shape
    reach = 1.1 * max(peak.width, peak.height)
    left, top = max(0, int(peak.x - reach)), max(0, int(peak.y - reach))
    window = np.s_[top : min(height, int(peak.y + reach) + 1), left : min(width, int(peak.x + reach) + 1)]
    mine = _opened(owner[window] == number)
    if not mine.any():
        return None
    outline = _largest(mine)
    if outline is None:
        return None
    nuclei, nucleus_px = _nucleus(view.maps.nucleus, window, mine)
    corner = np.array([left, top], np.float32)
    box = _bounds(outline + corner)
    ring = cv2.dilate(mine.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool) & ~mine
    touching = bool((owner[window][ring] > 0).mean() > 0.04) if ring.any() else False
    um = view.um_per_px
    across = 2 * float(np.sqrt(cv2.contourArea(outline) / np.pi)) * um
    kind, reason = _by_place(box, (width, height), across, peak.heat)
    back = np.float32(1 / view.factor)
    return FoundCell(
        box=tuple(float(side * back) for side in box),  # type: ignore[arg-type]  # four of them
        outline=(outline + corner) * back,
        nucleus=tuple((lobe + corner) * back for lobe in nuclei),
        area=cv2.contourArea(outline) * um**2,
        nucleus_area=nucleus_px * um**2,
        touching=touching,
        confidence=peak.heat,
        kind=kind,
        reason=reason,
    )


def _opened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without spurs that are less than 1.5 µm wide."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0)


def _by_place(
    box: tuple[float, float, float, float], size: tuple[int, int], across: float, heat: float
) -> tuple[Kind, str]:
    if min(box[0], box[1], size[0] - box[2], size[1] - box[3]) < _EDGE:
        return "cut", _CUT
    if across < _SMALLEST:
        return "platelets", f"is smaller than any white cell ({across:.1f} µm across, at least {_SMALLEST})"
    if heat < SURE_HEAT:
        return "unsure", f"may not be a white cell (confidence {heat:.2f})"
    return "lymphoid", ""


def _bounds(outline: Outline) -> tuple[float, float, float, float]:
    (x0, y0), (x1, y1) = outline.min(0), outline.max(0)
    return float(x0), float(y0), float(x1), float(y1)


_FINER = 3
"""Outlines are drawn on pixels this many times finer, so that they are smooth."""


def _largest(mask: NDArray[np.bool_]) -> Outline | None:
    """The outline of the largest part, its holes filled, rounded off at a third of a µm."""
    outlines = _outlines(mask)
    return max(outlines, key=cv2.contourArea) if outlines else None


def _outlines(mask: NDArray[np.bool_], least: float = 6) -> list[Outline]:
    """Smooth closed curves around the parts of at least so many px²."""
    padded = np.pad(mask.astype(np.float32), 2)
    fine = cv2.resize(padded, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_LINEAR)
    fine = cv2.GaussianBlur(fine, (0, 0), 1.2 * _FINER)
    contours, _ = cv2.findContours((fine > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    kept = [contour for contour in contours if cv2.contourArea(contour) >= least * _FINER**2]
    simple = [cv2.approxPolyDP(contour, 0.7, True)[:, 0] for contour in kept]
    side = np.array([mask.shape[1], mask.shape[0]], np.float32)
    return [np.clip((np.asarray(one, np.float32) + 0.5) / _FINER - 2, 0, side) for one in simple if len(one) >= 3]


def _nucleus(nucleus: Map, window: tuple[slice, slice], mine: NDArray[np.bool_]) -> tuple[list[Outline], float]:
    """Lobes in px of the window, and their whole area in px²."""
    rows, columns = window
    y, x = rows.start // STRIDE, columns.start // STRIDE
    part = nucleus[y : -(-rows.stop // STRIDE), x : -(-columns.stop // STRIDE)]
    fine = cv2.resize(part, (STRIDE * part.shape[1], STRIDE * part.shape[0]), interpolation=cv2.INTER_LINEAR)
    offset_y, offset_x = rows.start - STRIDE * y, columns.start - STRIDE * x
    fine = fine[offset_y : offset_y + mine.shape[0], offset_x : offset_x + mine.shape[1]]
    lobes = _outlines((fine >= 0.5) & mine)
    return lobes, float(sum(cv2.contourArea(lobe) for lobe in lobes))


def filled(
    outline: Outline, shape: tuple[int, int], *, factor: float = 1.0, corner: tuple[float, float] = (0, 0)
) -> NDArray[np.uint8]:
    """(H, W) 0 or 255: the outline filled, after taking `corner` off and enlarging by `factor`; edges to 1/16 px."""
    mask = np.zeros(shape, np.uint8)
    fill(mask, outline, factor=factor, corner=corner)
    return mask


def fill(
    mask: NDArray[np.uint8], outline: Outline, *, factor: float = 1.0, corner: tuple[float, float] = (0, 0)
) -> None:
    """Likewise, into a mask that holds others: as long as the outline takes, however large the mask."""
    points = ((outline - np.array(corner, np.float32)) * factor - 0.5) * 16
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 255, shift=4)


def red_cells(maps: Maps, *, least: float = 0.4) -> Iterator[float]:
    """Diameters of the whole red cells in the view, px of it."""
    height, width = (STRIDE * side for side in maps.red.shape)
    for peak in peaks(maps.red, maps.width, maps.height, least=least):
        across, down = peak.width, peak.height
        inside = min(peak.x - across / 2, peak.y - down / 2, width - peak.x - across / 2, height - peak.y - down / 2)
        if inside > 0 and 0.7 < across / down < 1.43:
            yield float(np.sqrt(across * down))

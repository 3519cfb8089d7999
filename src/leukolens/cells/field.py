"""A picture → a field: its light, its scale, its white cells, and every reason why some or all are not judged.

Nothing is guessed in silence: where the scale comes from, and what is wrong with the picture, stand in the answer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukolens.cells.find import FoundCell, View, cells_in, fill, red_cells, view_of
from leukolens.cells.kind import with_kinds
from leukolens.cells.network import SHIPPED
from leukolens.cells.reasons import Reason, of_the_picture, of_the_scale, of_the_stain
from leukolens.cells.scale import RED_CELL, Scale, scale_from_red_cells
from leukolens.cells.separate import peaks
from leukolens.cells.stain import Light, Rgb, find_light

_FEWEST = 2
"""Whole red cells that the network sees, for a scale."""
_PLENTY = 8
"""Red cells that need no second opinion."""
_CONTRADICTION = 0.25
"""Relative: a given scale further from the red cells' is one of another lens."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field, read."""

    cells: tuple[FoundCell, ...]
    scale: Scale | None
    """None: nothing tells it. Cells' areas are then those of white cells of common size."""
    light: Light
    reasons: tuple[Reason, ...] = field(default_factory=tuple)

    @property
    def judged(self) -> bool:
        """Whether cells of this field may be judged at all."""
        return not self.reasons


def find_cells(rgb: Rgb, um_per_px: float | None = None) -> list[FoundCell]:
    """The white cells of (H, W, 3) uint8 RGB. um_per_px: None measures it on the red cells.

    Where the picture does not tell its scale, cells are found by the common size of white cells; `read_field` says so.
    """
    return list(read_field(rgb, um_per_px).cells)


def read_field(rgb: Rgb, um_per_px: float | None = None, *, source: str = "given", model: Path = SHIPPED) -> Field:
    """rgb: (H, W, 3) uint8. um_per_px: of this picture, from `source`; None: from its red cells."""
    light = find_light(rgb)
    scale, view, reasons = _scaled(rgb, light, um_per_px, source, model)
    cells = with_kinds(cells_in(view), view)
    reasons += of_the_picture(rgb, light)
    if not cells:
        hint = "Choose a place where the film is one cell thick, or give a field with white cells"
        reasons.append(Reason(kind="no white cells", text="shows no white cell", hint=hint))
    elif (stain := _stain(view, cells)) is not None:
        reasons += of_the_stain(stain)
    if not reasons:  # what is not a smear in focus has no scale to speak of
        reasons += of_the_scale(scale)
    return Field(cells=tuple(cells), scale=scale, light=light, reasons=tuple(reasons))


def _scaled(
    rgb: Rgb, light: Light, um_per_px: float | None, source: str, model: Path
) -> tuple[Scale | None, View, list[Reason]]:
    """The view at the right scale. The network itself counts red cells: where its first look was at another scale,
    it looks again."""
    first, arcs = (um_per_px, None) if um_per_px else _first_guess(rgb, light, model)
    view = view_of(rgb, light, um_per_px=first, model=model)
    measured = _measured(view)
    if um_per_px is not None:
        given = Scale(um_per_px=um_per_px, error=0.01, source=source)
        if measured is None or measured.red_cells < _PLENTY:  # at a wrong scale the network knows no red cell
            measured = scale_from_red_cells(rgb, light)
        return given, view, _contradictions(given, measured)
    for _ in range(2):
        if measured is None or abs(math.log(measured.um_per_px / first)) < 0.06:
            break
        first = measured.um_per_px
        view = view_of(rgb, light, um_per_px=first, model=model)
        measured = _measured(view) or measured
    return measured or arcs, view, []


def _stain(view: View, cells: Sequence[FoundCell]) -> NDArray[np.floating] | None:
    """(3,) mean density of the whole white cells; None where there is none."""
    shape = (view.density.shape[0], view.density.shape[1])
    inside = np.zeros(shape, np.uint8)
    for cell in cells:
        if cell.kind not in ("cut", "platelets", "smudge"):
            fill(inside, cell.outline, factor=view.factor)
    return np.asarray(view.density[inside > 0].mean(0)) if inside.any() else None


def _measured(view: View) -> Scale | None:
    """From the red cells that the network sees: the median of their diameters."""
    diameters = np.array(list(red_cells(view.maps)))
    if len(diameters) < _FEWEST:
        return None
    spread = 1.4826 * float(np.median(np.abs(diameters / np.median(diameters) - 1)))
    return Scale(
        um_per_px=RED_CELL / float(np.median(diameters)) * view.factor,
        error=math.hypot(0.04, 1.25 * spread / math.sqrt(len(diameters))),
        source="red cells",
        red_cells=len(diameters),
    )


def _first_guess(rgb: Rgb, light: Light, model: Path) -> tuple[float, Scale | None]:
    """From outlines, where these gather, with their own measure; else the size at which the network sees the most."""
    arcs = scale_from_red_cells(rgb, light)
    if arcs is not None and arcs.red_cells >= _PLENTY:
        return arcs.um_per_px, arcs
    longest = max(rgb.shape[:2])
    guesses = [RED_CELL * across / longest for across in (3, 6, 12, 24)]  # so many red cells side by side
    if arcs is not None:
        guesses.insert(0, arcs.um_per_px)
    return max(guesses, key=lambda guess: _heat(view_of(rgb, light, um_per_px=guess, model=model))), arcs


def _heat(view: View) -> float:
    """How much of the view the network explains: the area of the red and white cells in it, each by its heat."""
    maps = view.maps
    seen = [peak for heat in (maps.red, maps.white) for peak in peaks(heat, maps.width, maps.height, least=0.3)]
    fits = [peak.heat * peak.width * peak.height for peak in seen]
    return float(sum(fits) / (view.density.shape[0] * view.density.shape[1]))


def _contradictions(given: Scale, measured: Scale | None) -> list[Reason]:
    if measured is None or measured.red_cells < _PLENTY:
        return []
    apart = measured.um_per_px / given.um_per_px
    if abs(math.log(apart)) < math.log(1 + _CONTRADICTION):
        return []
    text = (
        f"has {given.um_per_px:.3g} µm per px ({given.source}), but its {measured.red_cells} red cells are "
        f"{RED_CELL / apart:.1f} µm across at that scale; {RED_CELL} µm is normal"
    )
    return [
        Reason(
            kind="scale", text=text, hint=f"Give the right --um-per-px; its red cells suggest {measured.um_per_px:.3g}"
        )
    ]

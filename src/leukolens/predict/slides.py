"""A whole slide → its white cells as the network takes them. Needs the extras `fields` and `slides`.

A slide that may be decoded whole is a field like any other, so that its cells are the same to the pixel. A larger one
is read twice by tiles: once to find its cells and the colour of all of them together, once to cut them out. Tiles
overlap by more than a cell; a cell that two tiles show counts in that in whose middle part it lies.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from leukolens.cells.colour import CNMC, CellColour, brought, colour_of, together
from leukolens.cells.cut_out import cut_out, middle
from leukolens.cells.field import read_field
from leukolens.cells.find import FoundCell
from leukolens.cells.reasons import of_the_scale
from leukolens.cells.stain import Light
from leukolens.images.decode import MAX_PIXELS
from leukolens.images.slides import Slide
from leukolens.predict.fields import OVERVIEW, FieldCell, LookedAt, look_at, told
from leukolens.predict.prediction import FieldFacts

TILE = 4096
"""px a side; 50 MB."""
_LARGEST_CELL = 40.0
"""µm that neighbouring tiles share."""
_SAME = 2.0
"""µm: two middles this close are one cell, found from two tiles."""


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """What one tile adds."""

    light: Light
    cells: list[FoundCell]
    """In px of the tile."""
    colour: CellColour
    """Of those that are judged."""
    reason: str
    """Why none of them is; '' where they may be."""


def look_at_slide(slide: Slide, *, um_per_px: float | None, overview: bool) -> LookedAt:
    """um_per_px: given; None: by the slide's own metadata. The cells are read from the slide, so keep it open. Raises
    ImageError for a tile that is missing or damaged.
    """
    width, height = slide.size
    scale, source = (um_per_px, "given")
    if um_per_px is None and slide.scale is not None:
        scale, source = slide.scale.um_per_px, slide.scale.source
    if width * height <= MAX_PIXELS:
        whole = next(slide.tiles(max(slide.size), 0), None)
        rgb = np.full((height, width, 3), 255, np.uint8) if whole is None else whole[2]
        return look_at(rgb, um_per_px=scale, source=source, overview=overview)
    facts = FieldFacts(size=slide.size, overview=slide.overview(OVERVIEW) if overview else None)
    if scale is None:
        return LookedAt(facts=facts, cells=iter(()), reason="; ".join(map(told, of_the_scale(None))))
    facts = replace(facts, um_per_px=scale, um_per_px_error=0.01 * scale, um_per_px_source=source)
    pieces = _pieces(slide, scale, source)
    return LookedAt(facts=facts, cells=_cells(slide, pieces, scale), reason="shows no white cell")


def _overlap(um_per_px: float) -> int:
    return min(round(_LARGEST_CELL / um_per_px), TILE // 2)


def _pieces(slide: Slide, um_per_px: float, source: str) -> dict[tuple[int, int], _Piece]:
    """Tile's corner → what it adds; a cell that two tiles show is in one of them."""
    pieces: dict[tuple[int, int], _Piece] = {}
    seams: list[tuple[float, float]] = []
    for x, y, rgb in slide.tiles(TILE, _overlap(um_per_px)):
        field = read_field(rgb, um_per_px, source=source)
        cells = [found for found in field.cells if _mine(found, x, y, rgb, slide, um_per_px, seams)]
        judged = [found for found in cells if found.kind == "lymphoid" and field.judged]
        colour = colour_of((cut_out(rgb, found, um_per_px=um_per_px) for found in judged), field.light)
        if cells:
            reason = "; ".join(map(told, field.reasons))
            pieces[x, y] = _Piece(light=field.light, cells=cells, colour=colour, reason=reason)
    return pieces


def _mine(
    found: FoundCell,
    x: int,
    y: int,
    rgb: NDArray[np.uint8],
    slide: Slide,
    um_per_px: float,
    seams: list[tuple[float, float]],
) -> bool:
    """Whether the cell lies in the middle part of the tile at x, y, and no neighbour had it. seams: middles of the
    cells near the borders of middle parts, which grow here."""
    near, share = _SAME / um_per_px, _overlap(um_per_px) / 2
    across, down = middle(found)
    inside = []
    for place, start, length, whole in (
        (across, x, rgb.shape[1], slide.size[0]),
        (down, y, rgb.shape[0], slide.size[1]),
    ):
        from_left = np.inf if start == 0 else place - share
        from_right = np.inf if start + length == whole else length - share - place
        inside.append(min(from_left, from_right))
    if min(inside) < -near:
        return False
    if min(inside) > near:
        return True
    if any(np.hypot(x + across - a, y + down - b) < near for a, b in seams):
        return False
    seams.append((x + across, y + down))
    return True


def _cells(slide: Slide, pieces: dict[tuple[int, int], _Piece], um_per_px: float) -> Iterator[FieldCell]:
    if not pieces:
        return
    colour = together(piece.colour for piece in pieces.values())
    number = 0
    for x, y, rgb in slide.tiles(TILE, _overlap(um_per_px)):
        if (piece := pieces.get((x, y))) is None:
            continue
        for found in piece.cells:
            number += 1
            image = cut_out(rgb, found, um_per_px=um_per_px)
            reason = piece.reason or found.reason
            if not reason:
                image = brought(image, piece.light, colour, CNMC)
            yield FieldCell(number=number, found=_moved(found, x, y), image=image, reason=reason)


def _moved(found: FoundCell, x: int, y: int) -> FoundCell:
    """From px of the tile to px of the slide."""
    corner = np.array([x, y], np.float32)
    x0, y0, x1, y1 = found.box
    return replace(
        found,
        box=(x0 + x, y0 + y, x1 + x, y1 + y),
        outline=found.outline + corner,
        nucleus=tuple(lobe + corner for lobe in found.nucleus),
    )

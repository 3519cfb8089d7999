"""A whole slide → its white cells as the network takes them. Needs the extras `fields` and `slides`.

A slide that may be decoded whole is a field like any other, so that its cells are the same to the pixel. A larger one
is read twice by tiles: once to find its cells and the colour of all of them together, once to cut them out. Tiles
overlap by more than a cell; a cell that two tiles show counts in that in whose middle part it lies. What the first
reading finds waits in a file, so that memory does not grow with the cells.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

import msgspec
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
class TileCells:
    """The cells of one tile that no other tile counts."""

    x: int
    y: int
    """px of the slide, the tile's corner."""
    rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    light: Light
    cells: list[FoundCell]
    """In px of the tile."""
    reason: str
    """Why none of them is judged; '' where they may be."""


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """What is kept of a tile between the two readings."""

    x: int
    y: int
    light: Light
    cells: list[FoundCell]
    reason: str


def look_at_slide(slide: Slide, *, um_per_px: float | None, overview: bool) -> LookedAt:
    """um_per_px: given; None: by the slide's own metadata. The cells are read from the slide, so keep it open. Raises
    ImageError for a tile that is missing or damaged.
    """
    scale, source = scale_of(slide, um_per_px)
    if (rgb := flat(slide)) is not None:
        return look_at(rgb, um_per_px=scale, source=source, overview=overview)
    facts = FieldFacts(size=slide.size, overview=slide.overview(OVERVIEW) if overview else None)
    if scale is None:
        return LookedAt(facts=facts, cells=iter(()), reason="; ".join(map(told, of_the_scale(None))))
    facts = replace(facts, um_per_px=scale, um_per_px_error=0.01 * scale, um_per_px_source=source)
    return LookedAt(facts=facts, cells=_cells(slide, scale, source), reason="shows no white cell")


def scale_of(slide: Slide, um_per_px: float | None) -> tuple[float | None, str]:
    """µm per px, the given one before the slide's own, and where it is from."""
    if um_per_px is None and slide.scale is not None:
        return slide.scale.um_per_px, slide.scale.source
    return um_per_px, "given"


def flat(slide: Slide) -> NDArray[np.uint8] | None:
    """(H, W, 3), all of a slide that may be decoded whole; None for a larger one."""
    width, height = slide.size
    if width * height > MAX_PIXELS:
        return None
    whole = next(slide.tiles(max(slide.size), 0), None)
    return np.full((height, width, 3), 255, np.uint8) if whole is None else whole[2]


def cells_by_tiles(slide: Slide, *, um_per_px: float, source: str) -> Iterator[TileCells]:
    """Tiles that show a white cell, row by row; each cell is in one of them."""
    near = _SAME / um_per_px
    seams: list[tuple[float, float]] = []
    for x, y, rgb in slide.tiles(TILE, _overlap(um_per_px)):
        seams[:] = [place for place in seams if place[1] > y - near]  # what lies above, no tile shows again
        field = read_field(rgb, um_per_px, source=source)
        cells = [found for found in field.cells if _mine(found, x, y, rgb, slide, um_per_px, seams)]
        if cells:
            reason = "; ".join(map(told, field.reasons))
            yield TileCells(x=x, y=y, rgb=rgb, light=field.light, cells=cells, reason=reason)


def _overlap(um_per_px: float) -> int:
    return min(round(_LARGEST_CELL / um_per_px), TILE // 2)


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


def _cells(slide: Slide, um_per_px: float, source: str) -> Iterator[FieldCell]:
    with tempfile.TemporaryFile() as file:
        colour = _found(slide, um_per_px, source, file)
        if colour is None:
            return
        file.seek(0)
        pieces = _read_back(file)
        piece = next(pieces, None)
        number = 0
        for x, y, rgb in slide.tiles(TILE, _overlap(um_per_px)):
            if piece is None or (x, y) != (piece.x, piece.y):
                continue
            for found in piece.cells:
                number += 1
                image = cut_out(rgb, found, um_per_px=um_per_px)
                reason = piece.reason or found.reason
                if not reason:
                    image = brought(image, piece.light, colour, CNMC)
                yield FieldCell(number=number, found=moved(found, x, y), image=image, reason=reason)
            piece = next(pieces, None)


def _found(slide: Slide, um_per_px: float, source: str, file: IO[bytes]) -> CellColour | None:
    """The first reading: writes a piece a tile, and tells the colour of all cells that are judged; None without any."""
    colour = None
    for tile in cells_by_tiles(slide, um_per_px=um_per_px, source=source):
        judged = [found for found in tile.cells if not (tile.reason or found.reason)]
        mine = colour_of((cut_out(tile.rgb, found, um_per_px=um_per_px) for found in judged), tile.light)
        colour = mine if colour is None else together([colour, mine])
        piece = _Piece(x=tile.x, y=tile.y, light=tile.light, cells=tile.cells, reason=tile.reason)
        file.write(msgspec.json.encode(piece, enc_hook=_plain) + b"\n")
    return colour


def _read_back(file: IO[bytes]) -> Iterator[_Piece]:
    decoder = msgspec.json.Decoder(_Piece, dec_hook=_points)
    return map(decoder.decode, file)


def _plain(value: Any) -> Any:
    """numpy's, for JSON: every float32 comes back the same."""
    return value.tolist()


def _points(_: type, value: list[list[float]]) -> NDArray[np.float32]:
    """(N, 2), an outline."""
    return np.array(value, np.float32).reshape(-1, 2)


def moved(found: FoundCell, x: int, y: int) -> FoundCell:
    """From px of the tile at x, y to px of the slide."""
    corner = np.array([x, y], np.float32)
    x0, y0, x1, y1 = found.box
    return replace(
        found,
        box=(x0 + x, y0 + y, x1 + x, y1 + y),
        outline=found.outline + corner,
        nucleus=tuple(lobe + corner for lobe in found.nucleus),
    )

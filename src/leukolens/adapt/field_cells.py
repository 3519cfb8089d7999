"""Cells that teach, cut out of their pictures as `leukolens predict` cuts them: those of a judged field, whose case
keeps their places alone, and the one in the middle of a picture of its own."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leukolens.adapt.reviewed import CellPlace
from leukolens.base.errors import ImageError, MissingExtra
from leukolens.base.extras import require
from leukolens.cases.missed import SAME, overlap
from leukolens.cells.picture import picture_kind
from leukolens.images.decode import Rgb, decode_rgb, read_file, read_rgb
from leukolens.images.scale import given_or_own
from leukolens.images.slides import is_slide, open_slide
from leukolens.predict.given import is_large

if TYPE_CHECKING:  # it imports OpenCV
    from leukolens.cells.find import FoundCell
    from leukolens.predict.fields import FieldCell

_one_at_a_time = threading.Lock()
"""A field of 10 megapixels takes half a gigabyte while its cells are looked for."""
_LOST = "was added by a reader or was not found again, so it has no outline to be cut out by"
_MIDDLE = 0.15
"""Of a picture's longer side: so far from its middle the cell that it shows may lie."""


def cut_again(path: Path, places: Sequence[CellPlace]) -> list[Rgb | str]:
    """Each cell's (450, 450, 3) cut-out, or why there is none. places: at least one, all of the field at `path`.

    The finder is deterministic, but a later version may find other cells: a cell is told again by its box. Raises
    ImageError where the field cannot be read, MissingExtra without OpenCV, or OpenSlide for a slide.
    """
    require("cv2", extra="fields")
    best: list[tuple[float, Rgb | str]] = [(SAME, _LOST)] * len(places)
    with _one_at_a_time:
        for cell in _cells(path, um_per_px=places[0].um_per_px):
            for number, place in enumerate(places):
                alike = overlap(cell.found.box, place.box)
                if alike >= best[number][0]:
                    best[number] = alike, _judged(cell)
    return [picture for _, picture in best]


def _cells(path: Path, *, um_per_px: float | None) -> Iterator["FieldCell"]:
    """Of a field or a whole slide."""
    from leukolens.predict.fields import look_at

    try:
        if not is_large(path):
            yield from look_at(read_rgb(path), um_per_px=um_per_px, source="the case", overview=False).cells
            return
    except ImageError:
        if not is_slide(path):
            raise
    require("openslide", extra="slides")
    from leukolens.predict.slides import look_at_slide

    with open_slide(path) as slide:
        yield from look_at_slide(slide, um_per_px=um_per_px, overview=False).cells


def _judged(cell: "FieldCell") -> Rgb | str:
    """Its cut-out; a cell that `predict` does not judge has colours of its own, and is no measure of it."""
    return f"is not one that `predict` judges: {cell.reason}" if cell.reason or cell.image is None else cell.image


def cut_out_or_middle(path: Path, *, um_per_px: float | None) -> Rgb | str:
    """The picture at `path` where it is a cut-out, else the (450, 450, 3) cut-out of the white cell in its middle, or
    why there is none.

    um_per_px: of the picture; None: the file's own, else from its red cells. Raises ImageError for what is no picture.
    """
    data = read_file(path)
    rgb = decode_rgb(data, name=path)
    if picture_kind(rgb) == "cut-out":
        return rgb
    try:
        require("cv2", extra="fields")
    except MissingExtra as error:
        return f"is not a cut-out: {error.reason}. {error.hint}"
    from leukolens.predict.fields import look_at

    scale, source = given_or_own(um_per_px, data)
    with _one_at_a_time:
        seen = look_at(rgb, um_per_px=scale, source=source, overview=False)
        if seen.reason:
            return seen.reason
        cells = list(seen.cells)
    middle = middle_one([cell.found for cell in cells], rgb.shape)
    if middle is None:
        return "is not a cut-out, and no white cell was found in its middle"
    return next(_judged(cell) for cell in cells if cell.found is middle)


def middle_one(cells: Sequence["FoundCell"], shape: Sequence[int]) -> "FoundCell | None":
    """The largest around the picture's middle. shape: of the picture, (H, W, …)."""
    near = [cell for cell in cells if _away(cell.box, shape) < _MIDDLE * max(shape)]
    return max(near, key=lambda cell: cell.area, default=None)


def _away(box: Sequence[float], shape: Sequence[int]) -> float:
    x0, y0, x1, y1 = box
    return max(abs(x0 + x1 - shape[1]), abs(y0 + y1 - shape[0])) / 2

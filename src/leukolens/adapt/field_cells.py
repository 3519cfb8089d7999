"""Cells that teach, cut out of their pictures as `leukolens predict` cuts them: those of a judged field, whose case
keeps their places alone, and the one in the middle of a picture of its own."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leukolens.adapt.reviewed import CellPlace
from leukolens.base.errors import MissingExtra
from leukolens.base.extras import require
from leukolens.cases.missed import SAME, overlap
from leukolens.cells.picture import picture_kind
from leukolens.images.decode import Rgb, decode_rgb, read_file, read_rgb
from leukolens.images.scale import given_or_own

if TYPE_CHECKING:  # it imports OpenCV
    from leukolens.cells.find import FoundCell

_one_at_a_time = threading.Lock()
"""A field of 10 megapixels takes half a gigabyte while its cells are looked for."""
_MIDDLE = 0.15
"""Of a picture's longer side: so far from its middle the cell that it shows may lie."""


def cut_again(path: Path, places: Sequence[CellPlace]) -> list[Rgb | str]:
    """Each cell's (450, 450, 3) cut-out, or why there is none. places: at least one, all of the field at `path`.

    The finder is deterministic, but a later version may find other cells: a cell is told again by its box. Raises
    ImageError where the field cannot be read, MissingExtra without OpenCV.
    """
    require("cv2", extra="fields")
    from leukolens.predict.fields import look_at

    with _one_at_a_time:
        seen = look_at(read_rgb(path), um_per_px=places[0].um_per_px, source="the case", overview=False)
        found = [(cell.found.box, cell.image) for cell in seen.cells]
    return [_cell(place, found) for place in places]


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
        return f"is no cut-out: {error.reason}. {error.hint}"
    from leukolens.predict.fields import look_at

    scale, source = given_or_own(um_per_px, data)
    with _one_at_a_time:
        seen = look_at(rgb, um_per_px=scale, source=source, overview=False)
        if seen.reason:
            return seen.reason
        cells = list(seen.cells)
    middle = middle_one([cell.found for cell in cells], rgb.shape)
    if middle is None:
        return "is no cut-out, and in its middle no white cell is found"
    return next(cell.image for cell in cells if cell.found is middle)  # type: ignore[return-value]  # it has a scale


def middle_one(cells: Sequence["FoundCell"], shape: Sequence[int]) -> "FoundCell | None":
    """The largest around the picture's middle. shape: of the picture, (H, W, …)."""
    near = [cell for cell in cells if _away(cell.box, shape) < _MIDDLE * max(shape)]
    return max(near, key=lambda cell: cell.area, default=None)


def _away(box: Sequence[float], shape: Sequence[int]) -> float:
    x0, y0, x1, y1 = box
    return max(abs(x0 + x1 - shape[1]), abs(y0 + y1 - shape[0])) / 2


def _cell(place: CellPlace, found: Sequence[tuple[Sequence[float], Rgb | None]]) -> Rgb | str:
    best = max(found, key=lambda one: overlap(one[0], place.box), default=None)
    if best is None or overlap(best[0], place.box) < SAME:
        return "was added by a reader, or is not found again: it has no outline to be cut out by"
    return "cannot be brought to scale: its field does not tell it" if best[1] is None else best[1]

"""The cells of a judged field, cut out of it again as `leukolens predict` cut them: a case keeps their places alone."""

import threading
from collections.abc import Sequence
from pathlib import Path

from leukolens.adapt.reviewed import CellPlace
from leukolens.base.extras import require
from leukolens.cases.missed import SAME, overlap
from leukolens.images.decode import Rgb, read_rgb

_one_at_a_time = threading.Lock()
"""A field of 10 megapixels takes half a gigabyte while its cells are looked for."""


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


def _cell(place: CellPlace, found: Sequence[tuple[Sequence[float], Rgb | None]]) -> Rgb | str:
    best = max(found, key=lambda one: overlap(one[0], place.box), default=None)
    if best is None or overlap(best[0], place.box) < SAME:
        return "was added by a reader, or is not found again: it has no outline to be cut out by"
    return "cannot be brought to scale: its field does not tell it" if best[1] is None else best[1]

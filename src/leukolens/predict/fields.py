"""A whole field → its white cells as the network takes them: in C-NMC's form, scale and colour, or with the reason why
not. Needs OpenCV (extra `fields`); it is imported when the first field comes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukolens.cells.colour import CNMC, brought, colour_of
from leukolens.cells.cut_out import cut_out
from leukolens.cells.field import Field, read_field
from leukolens.cells.find import FoundCell
from leukolens.cells.reasons import Reason
from leukolens.cells.shrink import shrunk
from leukolens.predict.prediction import FieldFacts

OVERVIEW = 1400
"""px of the longer side of what a report shows of a field."""
_REASONS = 2
"""Of a field, the first; more would bury them."""


@dataclass(frozen=True, kw_only=True)
class FieldCell:
    """One cell of a field, ready for the network."""

    number: int
    """From 1, from top to bottom."""
    found: FoundCell
    image: NDArray[np.uint8] | None
    """(450, 450, 3) on black; None where the field does not tell its scale."""
    reason: str
    """Why it is not judged; '' where it may be."""


@dataclass(frozen=True, kw_only=True)
class LookedAt:
    """A field and its cells."""

    facts: FieldFacts
    cells: Iterator[FieldCell]
    """Cut out one after the other as they are asked for."""
    reason: str
    """Why none of its cells is judged; '' where they may be."""


def look_at(rgb: NDArray[np.uint8], *, um_per_px: float | None, source: str, overview: bool) -> LookedAt:
    """rgb: (H, W, 3). um_per_px: of this picture, as `source` says it; None: from its red cells. overview: keep one.

    One map brings all cells of the field to C-NMC's colour (`leukolens.cells.colour` says why not one a cell).
    """
    field = read_field(rgb, um_per_px, source=source)
    facts = FieldFacts(size=(rgb.shape[1], rgb.shape[0]), overview=shrunk(rgb, OVERVIEW) if overview else None)
    if field.scale is not None:
        facts = FieldFacts(
            size=facts.size,
            um_per_px=field.scale.um_per_px,
            um_per_px_error=field.scale.error * field.scale.um_per_px,
            um_per_px_source=field.scale.source,
            overview=facts.overview,
        )
    reason = "; ".join(map(told, field.reasons[:_REASONS]))
    return LookedAt(facts=facts, cells=_cells(rgb, field, reason), reason=reason)


def _cells(rgb: NDArray[np.uint8], field: Field, reason: str) -> Iterator[FieldCell]:
    if field.scale is None:
        for number, found in enumerate(field.cells, 1):
            yield FieldCell(number=number, found=found, image=None, reason=reason)
        return
    um_per_px = field.scale.um_per_px
    judged = [found for found in field.cells if found.kind == "lymphoid" and field.judged]
    colour = colour_of((cut_out(rgb, found, um_per_px=um_per_px) for found in judged), field.light)
    for number, found in enumerate(field.cells, 1):
        image = cut_out(rgb, found, um_per_px=um_per_px)
        if found.kind == "lymphoid" and field.judged:
            image = brought(image, field.light, colour, CNMC)
        yield FieldCell(number=number, found=found, image=image, reason=reason or found.reason)


def told(reason: Reason) -> str:
    """In one line, with its hint."""
    return f"{reason.text}. {reason.hint}"

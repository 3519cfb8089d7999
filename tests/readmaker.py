"""Cells for tests as a reader sees them."""

from dataclasses import replace
from typing import Any

from leukolens.cases.reading import ReadCell
from leukolens.cases.review import Word

_CELL = ReadCell(
    id=1,
    input_id=1,
    path="a.bmp",
    number=None,
    kind="",
    area_um2=None,
    box=None,
    polygon=(),
    verdict="ALL",
    p_all=0.9,
    band="",
    hue=None,
    reason="",
    model_id="0123456789ab",
    pictured=False,
    content="",
    word=Word(),
)


def read_cell(verdict: str | None = "ALL", reader: str = "", **changes: Any) -> ReadCell:
    """A cut-out with the software's verdict and, where given, the reader's, but for what is given."""
    return replace(_CELL, verdict=verdict, **{"word": Word(verdict=reader), **changes})

"""Blasts of all counted cells, with an interval that narrows while a reader works.

A cell that a reader called counts as called. One that nobody has read counts as the software called it, and an uncertain
one as either. Both ends are those of Wilson's interval, which covers which cells happened to be photographed (Rümke 1985).
The interval does not cover cells that the software calls wrongly and nobody has read.
"""

from dataclasses import dataclass

from leukolens.cases.reading import Counts
from leukolens.decide.patient import wilson

LEVEL = 0.95
"""Of the interval."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """All 0–1."""

    share: float
    """Of ALL among the cells called ALL or HEM."""
    low: float
    high: float


def share_of(counts: Counts) -> Share | None:
    """None without a cell that counts."""
    blasts, counted, uncertain = counts.groups["ALL"], counts.counted, counts.groups["uncertain"]
    if not counted:
        return None
    cells = counted + uncertain
    low = wilson(blasts, cells, level=LEVEL)[0]
    high = wilson(blasts + uncertain, cells, level=LEVEL)[1]
    return Share(share=blasts / counted, low=low, high=high)

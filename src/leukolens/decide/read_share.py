"""Cells that a reader works through → the share of blasts among them, with an interval that narrows meanwhile.

A cell that a reader called counts as called, one that nobody has read as the software called it, and an uncertain
one as either. Both ends are Wilson's (1927), which covers which cells happened to be photographed, as Rümke's table
does for a differential count (1985). It does not cover cells that the software calls wrongly and nobody has read.
"""

from dataclasses import dataclass
from statistics import NormalDist

LEVEL = 0.95
"""Of the interval."""


@dataclass(frozen=True, kw_only=True)
class ReadShare:
    """All 0–1."""

    share: float
    """Of ALL among the cells called ALL or HEM."""
    low: float
    high: float


def read_share(blasts: int, counted: int, uncertain: int) -> ReadShare | None:
    """blasts: cells called ALL, of `counted` called ALL or HEM; uncertain: cells that may be either.

    None without a cell that counts.
    """
    if not counted:
        return None
    cells = counted + uncertain
    low, _ = wilson(blasts, cells)
    _, high = wilson(blasts + uncertain, cells)
    return ReadShare(share=blasts / counted, low=low, high=high)


def wilson(blasts: int, cells: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of the share blasts / cells, within 0–1. cells: at least 1."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = blasts / cells
    middle = share + z**2 / (2 * cells)
    reach = z * (share * (1 - share) / cells + z**2 / (4 * cells**2)) ** 0.5
    scale = 1 + z**2 / cells
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)

"""How far two readers of the same cells agree: Cohen's κ (Cohen 1960, Educ Psychol Meas 20:37)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Of the cells on which both readers gave a verdict."""

    cells: int
    same: int
    kappa: float | None
    """1 for full agreement, 0 for that of chance; None without a cell, and where chance alone would agree always."""


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """pairs: the two readers' verdicts on each cell."""
    same = sum(first == second for first, second in pairs)
    if not pairs:
        return Agreement(cells=0, same=0, kappa=None)
    first, second = (Counter(side) for side in zip(*pairs, strict=True))
    by_chance = sum(first[verdict] * second[verdict] for verdict in first) / len(pairs) ** 2
    kappa = None if by_chance == 1 else (same / len(pairs) - by_chance) / (1 - by_chance)
    return Agreement(cells=len(pairs), same=same, kappa=kappa)

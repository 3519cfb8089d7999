"""A cell's raw score and its refusals → its verdict, by the rules of the model's card. numpy only.

The one place where a cell's verdict comes about: the classifier, the export gate and the held-out studies call it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["ALL", "HEM", "uncertain", "refused"]


@dataclass(frozen=True, kw_only=True)
class CellRule:
    """What makes a verdict of a network's answer."""

    threshold: float
    """p(ALL), 0–1, from which the verdict is ALL."""
    temperature: float = 1.0
    """What the log-odds are divided by before they become p(ALL) (Guo et al. 2017, arXiv 1706.04599)."""
    band: tuple[float, float] | None = None
    """p(ALL) from … to …, both ends included, in which the answer is 'uncertain'; None: there is always an answer."""


@dataclass(frozen=True, kw_only=True)
class CellVerdict:
    """What is said of one cell."""

    verdict: Verdict
    p_all: float | None
    """0–1; None for a refused cell: a probability of what the model does not know means nothing."""
    reason: str = ""
    """Why there is neither ALL nor HEM."""


def decide(logit: NDArray[np.float32], rule: CellRule, *, refusals: Sequence[str] = ()) -> CellVerdict:
    """logit: () log-odds of ALL of one cell. refusals: why it is not what the model may judge; any one refuses it."""
    if refusals:
        return CellVerdict(verdict="refused", p_all=None, reason="; ".join(refusals))
    p = float(p_all(logit, rule))
    found = verdict(p, rule)
    return CellVerdict(
        verdict=found, p_all=p, reason="p(ALL) lies inside the model's band" if found == "uncertain" else ""
    )


def verdict(p_all: float, rule: CellRule) -> Verdict:
    """'uncertain' inside the rule's band, both ends included; else ALL from its threshold upwards."""
    if rule.band is not None and rule.band[0] <= p_all <= rule.band[1]:
        return "uncertain"
    return "ALL" if p_all >= rule.threshold else "HEM"


def p_all(logit: NDArray[np.float32], rule: CellRule) -> NDArray[np.float64]:
    """Log-odds of any shape → probability of ALL after the rule's temperature, of the same shape."""
    return to_probability(logit / np.float32(rule.temperature))


def to_probability(logit: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-odds to probability, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logit.astype(np.float64))))

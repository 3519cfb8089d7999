"""The p(ALL) of one patient's cells → the share of blasts among them, with its interval. numpy only.

Counting the cells called ALL would be Rogan and Gladen's question (1978, Am J Epidemiol 107:71): what share is behind
an apparent one, at a given sensitivity and specificity? Here both differ from subject to subject, and most of what a
cell says lies in how high its p(ALL) is, not in the side of a threshold. So the rule holds tables: how the cells of a
plausible subject's blasts spread over bins of p(ALL), one row each, and how those of its normal cells do. A patient's
likelihood at a share θ is that of the mixture, averaged over every pair of rows:

    L(θ) = mean over b, n of  ∏ over bins k of (θ · blasts[b, k] + (1 − θ) · normal[n, k]) ^ cells[k]

The interval holds every θ whose L is at least `support` of the largest (a likelihood interval, Royall 1997, Statistical
Evidence, ch. 1.12): it needs no prior, and reaches 0 and 1. The told share halves the area below L; the place of the
largest L would be a firm 100 % where L is nearly level. The interval contains the sampling
of cells and the difference between subjects; that it covers was measured on held-out subjects (`studies/mixtures.py`).

A table is never the truth of a subject: cells of one subject err together in ways that no row has. Beyond `worth` cells
the likelihood is therefore raised to the power worth / cells, as if there were no more.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from leukolens.base.schema import Degrees, Positive, Share

STEP = 0.01
"""Between the shares that are looked at; percents are told."""
SHARES = np.arange(101) * STEP
"""θ, 0–1."""
Finding = Literal["above", "cannot tell", "no sign"]


@dataclass(frozen=True, kw_only=True)
class ShareRule:
    """How a patient's cells become a share of blasts. Fitted by `decide.fit_share` on held-out subjects."""

    edges: tuple[Share, ...]
    """(K − 1,) p(ALL), rising, that part K bins; a value on an edge belongs to the bin above."""
    blasts: tuple[tuple[float, ...], ...]
    """(B, K) for each plausible subject the share of its blasts in each bin; rows add up to 1 and hold no 0."""
    normal: tuple[tuple[float, ...], ...]
    """(N, K) likewise of its normal cells."""
    worth: Positive
    """Cells beyond which a patient's further cells add no certainty."""
    support: Share
    """A share is in the interval when its likelihood is at least this part of the largest, 0–1."""
    limit: Share = 0.2
    """The share that the three findings are about, 0–1."""
    source: str = "WHO and ICC 2022: 20 % of marrow cells; here, of the judged lymphoid cells"
    """Where the limit comes from, and what its share is of."""
    min_cells: Annotated[int, Meta(ge=1)] = 10
    """Judged cells below which no share is told."""
    hues: tuple[Degrees, Degrees] | None = None
    """Degrees: lowest and highest mean hue of a patient's cells among those the model knows. Outside is another stain,
    to which neither its probabilities nor these tables carry over; None: any stain gets a share."""

    def __post_init__(self) -> None:
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError(f"edges {self.edges} do not rise")
        for name, table in (("blasts", self.blasts), ("normal", self.normal)):
            if not table or any(len(row) != len(self.edges) + 1 or min(row) <= 0 for row in table):
                raise ValueError(f"{name}: each row needs {len(self.edges) + 1} shares above 0")
        if self.hues is not None and self.hues[0] > self.hues[1]:
            raise ValueError(f"hues {self.hues} are upside down")


@dataclass(frozen=True, kw_only=True)
class BlastShare:
    """The share of blasts that a patient's cells tell, all 0–1 in hundredths."""

    share: float
    low: float
    high: float
    finding: Finding
    """'above' when the whole interval lies above the rule's limit, 'no sign' when it lies below, else 'cannot tell'."""


def blast_share(p_all: NDArray[np.float64], rule: ShareRule) -> BlastShare:
    """p_all: (N,) probability of ALL of one patient's judged cells, each cell once, N ≥ 1."""
    cells = np.bincount(np.searchsorted(rule.edges, p_all, side="right"), minlength=len(rule.edges) + 1)
    return blast_shares(cells[None], rule)[0]


def blast_shares(cells: NDArray[np.int64], rule: ShareRule) -> list[BlastShare]:
    """cells: (P, K) how many cells of each of P patients lie in each bin."""
    likelihoods = share_likelihood(cells, rule)
    return [_told(likelihood, rule) for likelihood in likelihoods]


def _told(likelihood: NDArray[np.float64], rule: ShareRule) -> BlastShare:
    inside = SHARES[likelihood >= rule.support]
    low, high = float(inside[0]), float(inside[-1])
    finding: Finding = "above" if low > rule.limit else "no sign" if high < rule.limit else "cannot tell"
    middle = SHARES[np.searchsorted(likelihood.cumsum(), likelihood.sum() / 2)]
    return BlastShare(share=float(np.clip(middle, low, high)), low=low, high=high, finding=finding)


def share_likelihood(cells: NDArray[np.int64], rule: ShareRule) -> NDArray[np.float64]:
    """cells: (P, K) how many cells of each of P patients lie in each bin. Returns (P, 101): L at SHARES, largest 1."""
    counted = cells * np.minimum(1, rule.worth / np.maximum(cells.sum(axis=1, keepdims=True), 1))
    logs = counted.astype(np.float32) @ _log_mixtures(rule)  # (P, 101 · B · N)
    logs -= logs.max(axis=1, keepdims=True)
    likelihood = np.exp(logs, out=logs).reshape(len(cells), len(SHARES), -1).sum(axis=2, dtype=np.float64)
    return np.asarray(likelihood / likelihood.max(axis=1, keepdims=True))


@lru_cache(maxsize=1)
def _log_mixtures(rule: ShareRule) -> NDArray[np.float32]:
    """(K, 101 · B · N) log of each bin's share in every mixture; 6 MB for 39 rows a class and 10 bins."""
    blasts, normal = np.array(rule.blasts)[:, None], np.array(rule.normal)
    share = SHARES[:, None, None, None]
    return np.asarray(np.log(share * blasts + (1 - share) * normal).reshape(-1, len(rule.edges) + 1).T, np.float32)

"""A patient's judged cells → one verdict with its interval, by a rule fitted on other patients. numpy only.

The share of cells called ALL gets a Wilson interval (Wilson 1927), and a verdict is given only when the whole interval
lies on one side of the rule's cuts. The interval covers which cells happened to be photographed. It does not cover that
the model errs alike on all cells of one patient: only the distance of the cuts from the patients they were fitted on
does (`research.evaluate.calibration.fit_patient_rule`).

A limit of the data behind every rule: a patient with leukemia has normal cells too, but in C-NMC each subject's cells
carry one label, so its ALL subjects have ALL cells only. The share here is that among cells chosen as C-NMC's were, not
a blast count of a smear: a patient with one blast among five lymphoid cells looks like HEM to it.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from leukolens.base.schema import Degrees, Share

PatientAnswer = Literal["ALL", "HEM", "uncertain", "too few cells", "other stain"]


@dataclass(frozen=True, kw_only=True)
class PatientRule:
    """When a patient's cells make a verdict."""

    fewest_cells: Annotated[int, Meta(ge=1)]
    """Judged cells below which the answer is 'too few cells'."""
    hem_below: Share
    """Share of cells called ALL, 0–1: HEM when the whole interval is below it."""
    all_above: Share
    """Likewise: ALL when the whole interval is above it; not below `hem_below`."""
    level: Annotated[float, Meta(gt=0, lt=1)] = 0.95
    """Of the interval, 0–1."""
    hues: tuple[Degrees, Degrees] | None = None
    """Degrees: about the lowest and highest mean hue of a patient's cells among those the model knows. Outside is
    another stain, to which neither its probabilities nor the cuts carry over; None: any stain gets a verdict."""

    def __post_init__(self) -> None:
        if self.hem_below > self.all_above:
            raise ValueError(f"hem_below {self.hem_below} is above all_above {self.all_above}")
        if self.hues is not None and self.hues[0] > self.hues[1]:
            raise ValueError(f"hues {self.hues} are upside down")


@dataclass(frozen=True, kw_only=True)
class PatientVerdict:
    """What a patient's cells say together."""

    verdict: PatientAnswer
    cells: int
    """How many were judged."""
    share_all: float | None
    """Share of them called ALL, 0–1; None without a cell."""
    low: float
    """Lower end of its Wilson interval; 0 without a cell."""
    high: float
    """Upper end; 1 without a cell."""


def patient_verdict(
    p_all: NDArray[np.float64], rule: PatientRule, *, threshold: float, hue: float | None = None
) -> PatientVerdict:
    """p_all: (N,) probability of ALL of one patient's judged cells, N ≥ 0; cells that were refused are left out.

    threshold: p(ALL) from which a cell is called ALL, the one the rule was fitted with. hue: mean of these cells',
    degrees; None where it was not measured, and then no stain is another.
    """
    return verdict_of_counts(int((p_all >= threshold).sum()), len(p_all), rule, hue=hue)


def verdict_of_counts(called_all: int, cells: int, rule: PatientRule, *, hue: float | None = None) -> PatientVerdict:
    """Likewise, from how many of the patient's judged cells are called ALL."""
    low, high = wilson(called_all, cells, level=rule.level)
    return PatientVerdict(
        verdict=_answer(cells, low, high, rule, hue),
        cells=cells,
        share_all=called_all / cells if cells else None,
        low=low,
        high=high,
    )


def _answer(cells: int, low: float, high: float, rule: PatientRule, hue: float | None) -> PatientAnswer:
    if cells < rule.fewest_cells:
        return "too few cells"
    if other_stain(hue, rule):
        return "other stain"
    if low > rule.all_above:
        return "ALL"
    return "HEM" if high < rule.hem_below else "uncertain"


def other_stain(hue: float | None, rule: PatientRule) -> bool:
    """Whether a mean hue, degrees, lies outside all that the rule knows."""
    return rule.hues is not None and hue is not None and not rule.hues[0] <= hue <= rule.hues[1]


def wilson(called_all: int, cells: int, *, level: float) -> tuple[float, float]:
    """Wilson's score interval of the share called_all / cells, within 0–1; (0, 1) without a cell."""
    if not cells:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = called_all / cells
    middle = share + z**2 / (2 * cells)
    reach = z * (share * (1 - share) / cells + z**2 / (4 * cells**2)) ** 0.5
    scale = 1 + z**2 / cells
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)

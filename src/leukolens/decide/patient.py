"""A patient's cells → the patient's answer: the share of blasts among them, and one sentence. numpy only.

The one place where a patient's answer comes about. Neither 'HEM' nor 'normal' is ever said of a patient: cells chosen
for judging are not a marrow count, and a patient with leukemia has normal cells too.

Counted are the cells that were judged, identical ones once: sixteen copies of a cell or of its field are one. "Called
ALL" means that the cell's verdict is ALL, so that called ALL, called HEM and uncertain add up to the judged cells.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from leukolens.decide.share import STEP, BlastShare, Finding, ShareRule, blast_share

PatientFinding = Literal[Finding, "too few cells", "other stain", "no rule"]


class Cell(Protocol):
    """What is asked of a cell's record: a Prediction has it, and a row of a table or of a case."""

    @property
    def verdict(self) -> str | None: ...

    @property
    def p_all(self) -> float | None: ...

    @property
    def hue(self) -> float | None: ...

    @property
    def content(self) -> str:
        """The same for the same cell of the same bytes; '' where it is not known."""


@dataclass(frozen=True, kw_only=True)
class PatientAnswer:
    """What a patient's cells say together."""

    files: int
    """Of any kind, copies and unreadable ones among them; a field is one file, however many cells it shows."""
    copies: int
    """Judged cells that were counted before: the same bytes, and of a field the same place in it."""
    judged: int
    """Cells with an answer of the model, each once."""
    called_all: int
    """Judged cells whose verdict is ALL."""
    called_hem: int
    uncertain: int
    hue: float | None
    """Degrees, mean of the judged cells'; None where none was measured."""
    share: float | None
    """Of blasts among the judged cells, 0–1, in hundredths; None where no share can be told."""
    low: float | None
    """Lower end of its interval."""
    high: float | None
    """Upper end."""
    finding: PatientFinding
    statement: str
    """All of it in a sentence or two, as every report says it."""


def patient_answer(cells: Iterable[Cell], rule: ShareRule | None, *, files: int | None = None) -> PatientAnswer:
    """cells: all records of one patient, refused and unreadable ones too, in any order. rule: of the card that judged
    them; None for a model without one. files: that they are from; default one each."""
    every = list(cells)
    with_answer = [cell for cell in every if cell.p_all is not None]
    judged = list({cell.content or id(cell): cell for cell in with_answer}.values())
    hues = [cell.hue for cell in judged if cell.hue is not None]
    hue = math.fsum(hues) / len(hues) if hues else None
    share, finding, statement = _share(judged, hue, rule)
    verdicts = [cell.verdict for cell in judged]
    return PatientAnswer(
        files=len(every) if files is None else files,
        copies=len(with_answer) - len(judged),
        judged=len(judged),
        called_all=verdicts.count("ALL"),
        called_hem=verdicts.count("HEM"),
        uncertain=verdicts.count("uncertain"),
        hue=hue,
        share=None if share is None else share.share,
        low=None if share is None else share.low,
        high=None if share is None else share.high,
        finding=finding,
        statement=statement,
    )


def _share(
    judged: Sequence[Cell], hue: float | None, rule: ShareRule | None
) -> tuple[BlastShare | None, PatientFinding, str]:
    """The share where one can be told, what it comes to, and the sentence."""
    cells = len(judged)
    if rule is None:
        return None, "no rule", "No share of blasts: this model has no share rule."
    if cells < rule.min_cells:
        return (
            None,
            "too few cells",
            f"No share of blasts: too few judged cells ({cells}; {rule.min_cells} are needed).",
        )
    if hue is not None and other_stain(hue, rule):
        assert rule.hues is not None
        known = f"{rule.hues[0]:.1f}–{rule.hues[1]:.1f}°"
        told = (
            f"No share of blasts: stained unlike every patient that the model knows (mean hue {hue:.1f}°, not {known})."
        )
        return None, "other stain", told
    found = blast_share(np.array([cell.p_all for cell in judged], np.float64), rule)
    interval = f"{100 * found.low:.0f}–{_percent(found.high)}"
    told = f"Blasts among the {cells} judged lymphoid cells: {_percent(found.share)} ({interval})."
    return found, found.finding, f"{told} {_finding(found, cells, rule)}"


def _finding(found: BlastShare, cells: int, rule: ShareRule) -> str:
    limit = _percent(rule.limit)
    if found.finding == "above":
        return f"Clearly above {limit}."
    if found.finding == "cannot tell":
        return f"These cells cannot tell whether that is above or below {limit}."
    shown = _percent(found.high + STEP)
    return f"No sign of more than {limit}: {cells} cells, which would have shown a share of {shown} or more."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def other_stain(hue: float | None, rule: ShareRule) -> bool:
    """Whether a mean hue, degrees, lies outside all that the rule knows."""
    return rule.hues is not None and hue is not None and not rule.hues[0] <= hue <= rule.hues[1]

"""held_out.json of a recipe's experiments → what a card needs of them: each held-out subject's answers, and the band.

They keep counts and means and no single cell: of a subject how many of its cells were called ALL and their mean p(ALL),
and of all cells the bins of the reliability diagram.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from leukolens.base.errors import RunError
from leukolens.research.evaluate.share import Subject, subject_of_summary
from leukolens.research.experiments.experiment import RESULT


@dataclass(frozen=True, kw_only=True)
class HeldOutSubject:
    """One subject's cells of one class, answered by a network that had not seen the subject."""

    name: str
    fold: str
    seed: int
    """Of the network's training."""
    blasts: bool
    """Whether its cells are labelled ALL."""
    cells: int
    called: int
    """Cells with p(ALL) from the network's threshold on."""
    threshold: float
    """p(ALL), fitted for a sensitivity of 95 % on subjects of the other fold."""
    temperature: float
    """Likewise."""
    odds: Subject
    """Its log-odds after that temperature, by `called` and the mean p(ALL)."""


def held_out_subjects(results: Path, *, recipe: str = "leukolens") -> list[HeldOutSubject]:
    """results: a folder whose runs/ holds the experiments. Only those that share no subject with their training.

    Raises RunError when there are none.
    """
    found = []
    for facts in _experiments(results, recipe):
        threshold, temperature = facts["calibration"]["threshold"], facts["calibration"]["temperature"]
        for row in facts["subjects"]:
            blasts = row["label"] == "all"
            called = round((row["right"] if blasts else 1 - row["right"]) * row["cells"])
            found.append(
                HeldOutSubject(
                    name=row["subject"],
                    fold=facts["protocol"].removeprefix("test fold "),
                    seed=facts["seed"],
                    blasts=blasts,
                    cells=row["cells"],
                    called=called,
                    threshold=threshold,
                    temperature=temperature,
                    odds=subject_of_summary(called, row["cells"], row["mean_p_all"], threshold=threshold),
                )
            )
    return found


def counted_band(results: Path, *, error: float, recipe: str = "leukolens") -> tuple[float, float]:
    """p(ALL) from … to …: the narrowest whole bins outside which at most `error` of each experiment's answers is wrong.

    Counted on the held-out cells themselves, each after its network's own temperature. Raises RunError when there is
    none, not even of the outermost bins.
    """
    diagrams = [facts["reliability"] for facts in _experiments(results, recipe)]
    bins = len(diagrams[0]["count"])
    for outer in range(bins // 2, 0, -1):
        if all(_wrong_outside(diagram, outer) <= error for diagram in diagrams):
            return outer / bins, 1 - outer / bins
    raise RunError(f"has no bins outside which {error:.0%} or less is wrong", path=results)


def _wrong_outside(diagram: Mapping[str, Any], outer: int) -> float:
    """Share of the answers in the `outer` first and last bins that is wrong."""
    count = np.array(diagram["count"])
    blasts = np.round(count * np.nan_to_num(np.array(diagram["share_all"], np.float64)))
    wrong = blasts[:outer].sum() + (count - blasts)[-outer:].sum()
    return float(wrong / (count[:outer].sum() + count[-outer:].sum()))


def _experiments(results: Path, recipe: str) -> list[Mapping[str, Any]]:
    """Those that share no subject with their training."""
    every = [json.loads(path.read_text()) for path in sorted(results.glob(f"runs/{recipe}-test-fold-*/{RESULT}"))]
    found = [facts for facts in every if not facts["shared_subjects"]]
    if not found:
        raise RunError(f"holds no experiment of recipe {recipe!r}", path=results, hint="Give results/held-out-patients")
    return found

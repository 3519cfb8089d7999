"""A recipe's held-out experiments → what a card needs of them: each subject's answers, cell by cell, and the band.

`studies/held_out_answers.py` writes the answers; what else is known of an experiment stands in its held_out.json.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukolens.base.errors import RunError
from leukolens.decide.fit_share import Subject, subject_of
from leukolens.research.experiments.experiment import RESULT

ANSWERS = "answers/fold-{fold}-seed-{seed}.csv"
"""Each held-out cell's subject, label and p(ALL) after the network's temperature, below the results' folder."""


@dataclass(frozen=True, kw_only=True)
class HeldOutSubject:
    """One subject's cells of one class, answered by a network that had not seen the subject."""

    name: str
    fold: str
    seed: int
    """Of the network's training."""
    blasts: bool
    """Whether its cells are labelled ALL."""
    p_all: NDArray[np.float64]
    """(N,) of its cells, after the temperature."""

    @property
    def odds(self) -> Subject:
        """Its cells' log-odds."""
        return subject_of(self.p_all)


def held_out_subjects(results: Path, *, recipe: str = "leukolens") -> list[HeldOutSubject]:
    """results: a folder whose runs/ holds the experiments, and answers/ the cells of those that kept them. Only those
    that share no subject with their training.

    Raises RunError when there are none.
    """
    found = []
    for facts in _experiments(results, recipe):
        fold, seed = facts["protocol"].removeprefix("test fold "), facts["seed"]
        path = results / ANSWERS.format(fold=fold, seed=seed)
        for (name, label), p_all in (_answers(path) if path.exists() else {}).items():
            found.append(
                HeldOutSubject(
                    name=name,
                    fold=fold,
                    seed=seed,
                    blasts=label == "all",
                    p_all=np.array(p_all),
                )
            )
    if not found:
        raise RunError("holds no answers", path=results, hint="python studies/held_out_answers.py CNMC --init WEIGHTS")
    return found


def _answers(path: Path) -> Mapping[tuple[str, str], list[float]]:
    """(subject, label) → p(ALL) of its cells."""
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["subject"], row["label"]].append(float(row["p_all"]))
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

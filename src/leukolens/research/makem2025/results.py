"""What the runs gave, read back from their metrics.json: the one source of every table and figure."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukolens.research.data.run_facts import FACTS
from leukolens.research.evaluate.bootstrap import intervals, metrics, paired_difference
from leukolens.research.makem2025.cost import COST, Cost, read_cost
from leukolens.research.makem2025.plan import Job
from leukolens.research.makem2025.unseen import UNSEEN, Unseen, read_unseen
from leukolens.research.train.history import Epoch, read_history

Confusion = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Result:
    """One system on one fold."""

    job: Job
    confusions: Mapping[float, Confusion]
    """σ → counts, rows the truth, columns the verdict, HEM then ALL; empty when not run."""
    aurocs: Mapping[float, float]
    right: NDArray[np.bool_]
    """(N,) whether each clean test cell was judged rightly, in the split's order; empty when not run, and where the
    predictions were not kept."""
    reason: str
    """Why it was not run; '' when it was."""
    commit: str = ""
    """Of the code that trained it; '' where it was not kept."""
    history: Sequence[Epoch] = ()
    """Of a network's training."""
    init: str = ""
    """Weights that a network started from."""
    fused_of: Sequence[str] = ()
    """Members of an ensemble that were done."""
    unseen: Unseen | None = None
    """On patients never seen; None where it was not measured."""
    cost: Cost | None = None
    """Of a network."""

    def metric(self, name: str, sigma: float = 0.0) -> float:
        """A metric of `research.evaluate.bootstrap.metrics`."""
        return float(metrics(np.array([self.confusions[sigma]]).reshape(1, 4))[name][0])

    def shown(self, name: str, sigma: float = 0.0, *, seed: int = 0) -> str:
        """The metric with its 95 % interval."""
        interval = intervals(self.confusions[sigma], seed=seed)[name]
        return f"{self.metric(name, sigma):.3f} [{interval.low:.3f}–{interval.high:.3f}]"

    def against(self, reference: "Result", *, seed: int = 0) -> str:
        """This system's accuracy less the reference's on the same cells, with its paired 95 % interval where the
        answers to each cell are known."""
        difference = self.metric("accuracy") - reference.metric("accuracy")
        if not len(self.right) or not len(reference.right):
            return f"{difference:+.3f}"
        interval = paired_difference(reference.right, self.right, seed=seed)
        return f"{difference:+.3f} [{interval.low:+.3f} to {interval.high:+.3f}]"


def read_results(jobs: Sequence[Job], *, not_run: str) -> list[Result]:
    """Results of every job, done or not. not_run: name of the file that holds the reason."""
    found = []
    for job in jobs:
        metrics, reason = job.folder / "metrics.json", job.folder / not_run
        if metrics.exists():
            facts: dict[str, Any] = json.loads(metrics.read_text())
            rows = facts["noise"]
            confusions = {float(row["sigma"]): _confusion(row["confusion"]) for row in rows}
            aurocs = {float(row["sigma"]): float(row["auroc"]) for row in rows}
            right = _right(job.folder / "predictions.csv")
            trained = job.system.kind == "network"
            record: dict[str, Any] = json.loads((job.folder / FACTS).read_text()) if trained else facts
            found.append(
                Result(
                    job=job,
                    confusions=confusions,
                    aurocs=aurocs,
                    right=right,
                    reason="",
                    commit=record.get("commit", ""),
                    history=read_history(job.folder / "history.csv") if trained else (),
                    init=record.get("init", ""),
                    fused_of=facts.get("fused_of", ()),
                    unseen=read_unseen(job.folder / UNSEEN),
                    cost=read_cost(job.folder / COST),
                )
            )
        else:
            why = reason.read_text() if reason.exists() else "not asked for, or cut before its end"
            found.append(Result(job=job, confusions={}, aurocs={}, right=np.zeros(0, np.bool_), reason=why))
    return found


def _right(predictions: Path) -> NDArray[np.bool_]:
    if not predictions.exists():  # `results/` keeps those of networks alone
        return np.zeros(0, np.bool_)
    with predictions.open(newline="", encoding="utf-8") as file:
        return np.array([row["verdict"] == row["label"] for row in csv.DictReader(file)])


def _confusion(rows: Sequence[Sequence[int]]) -> Confusion:
    (a, b), (c, d) = rows
    return (a, b), (c, d)

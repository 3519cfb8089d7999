"""A finished network on patients whom it has never seen: unseen.csv, beside the paper's split by image.

The folds of C-NMC share no subject. A network that was trained on one fold by the paper's split is asked about the test
cells of the next fold, less those that are byte for byte in its own: no further training, and the difference to its
accuracy by image is what the leak between patients flatters it by. (`leukolens benchmark` trains on whole folds
instead: docs/results/held-out-patients.md.)
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukolens.measure.held_out_metrics import Judged
from leukolens.measure.subject_bootstrap import intervals
from leukolens.predict.classifier import Classifier
from leukolens.research.data.index import index
from leukolens.research.data.split import make_split
from leukolens.research.data.store import CellStore, open_store
from leukolens.research.evaluate.evaluate import probabilities, write_predictions

UNSEEN = "unseen.csv"


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """Accuracy on patients never seen, with its 95 % interval over subjects."""

    value: float
    low: float
    high: float
    subjects: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}–{self.high:.3f}]"


def write_unseen(run: Path, data: Path, own: CellStore, *, fold: str, seed: int) -> None:
    """Ask the run's model about the next fold's test cells; writes nothing where the data have no other fold."""
    found = index(data)
    folds = sorted({cell.fold for cell in found.cells} - {"prelim"})
    others = [other for other in folds if other > fold] + [other for other in folds if other < fold]
    if not others:
        return
    classifier = Classifier(run / "model.onnx")
    store = open_store(found.fold(others[0]), own.preprocess)
    known, subjects = set(own.digests), {cell.subject for cell in own.cells}
    rows = [
        row
        for row in make_split(store.cells, store.digests, protocol="paper", seed=seed).rows["test"]
        if store.digests[row] not in known and store.cells[row].subject not in subjects
    ]
    if not rows:
        return
    p_all = probabilities(classifier, store, rows, sigma=0.0, seed=seed)
    cells = [store.cells[row] for row in rows]
    card = classifier.card
    write_predictions(run / UNSEEN, cells, {0.0: p_all}, threshold=card.threshold, model_id=card.model_id)


def with_answers(path: Path, p_all: NDArray[np.float64], *, model_id: str) -> list[dict[str, str]]:
    """The rows of another run's unseen.csv with the answers of an ensemble. p_all: (N,) in their order."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        row | {"verdict": "ALL" if p >= 0.5 else "HEM", "model_id": model_id, "p_all_sigma_0": f"{p:.6f}"}
        for row, p in zip(rows, p_all, strict=True)
    ]


def read_unseen(path: Path, *, seed: int = 0) -> Unseen | None:
    """None where the file does not exist."""
    if not path.exists():
        return None
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    judged = Judged(
        labels=np.array([row["label"] == "ALL" for row in rows], np.int64),
        p_all=np.array([float(row["p_all_sigma_0"]) for row in rows]),
        subjects=tuple(row["subject"] for row in rows),
        areas=np.full(len(rows), np.nan),
    )
    accuracy = intervals(judged, threshold=0.5, seed=seed)["accuracy"]
    return Unseen(value=accuracy.value, low=accuracy.low, high=accuracy.high, subjects=len(set(judged.subjects)))

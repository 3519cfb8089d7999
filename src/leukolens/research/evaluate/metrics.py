"""Metrics of one test: labels and probabilities in, named numbers out. scikit-learn computes them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score


@dataclass(frozen=True, kw_only=True)
class Averages:
    """Precision, recall and F1, 0–1; 0 where nothing was predicted."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """ALL is positive."""

    accuracy: float
    macro: Averages
    weighted: Averages
    all: Averages
    """For the class ALL."""
    hem: Averages
    """For the class HEM."""
    balanced_accuracy: float
    """Mean recall of the two classes; what the paper prints as "AUC"."""
    auroc: float
    """Area under the ROC curve, from probabilities."""
    confusion: tuple[tuple[int, int], tuple[int, int]]
    """Rows the truth, columns the verdict, HEM then ALL."""


def measure(labels: NDArray[np.int64], p_all: NDArray[np.float64], *, threshold: float) -> Metrics:
    """labels: (N,) 0 HEM, 1 ALL; p_all: (N,) probability of ALL. Both classes must be there."""
    verdicts = (p_all >= threshold).astype(np.int64)
    hem, all_ = (
        Averages(precision=float(p), recall=float(r), f1=float(f))
        for p, r, f in zip(*_prf(labels, verdicts, None)[:3], strict=True)
    )
    matrix = confusion_matrix(labels, verdicts, labels=[0, 1])
    return Metrics(
        accuracy=float((labels == verdicts).mean()),
        macro=_averages(labels, verdicts, "macro"),
        weighted=_averages(labels, verdicts, "weighted"),
        all=all_,
        hem=hem,
        balanced_accuracy=(hem.recall + all_.recall) / 2,
        auroc=float(roc_auc_score(labels, p_all)),
        confusion=((int(matrix[0, 0]), int(matrix[0, 1])), (int(matrix[1, 0]), int(matrix[1, 1]))),
    )


def _averages(labels: NDArray[np.int64], verdicts: NDArray[np.int64], average: str) -> Averages:
    precision, recall, f1, _ = _prf(labels, verdicts, average)
    return Averages(precision=float(precision), recall=float(recall), f1=float(f1))


def _prf(labels: NDArray[np.int64], verdicts: NDArray[np.int64], average: str | None) -> Any:
    return precision_recall_fscore_support(labels, verdicts, labels=[0, 1], average=average, zero_division=0)

"""Several systems' p(ALL) → one: averaging, weighted averaging, voting, and rank fusion.

Weighted averaging: Mondal et al. 2021 (weights in proportion to a figure of merit on the validation set), also Eralp &
Sefer 2024. Majority vote: Vogado et al. 2018, Di Ruberto et al. 2020. Rank fusion by the re-parameterised Gompertz
function: Kundu et al. 2021, for blood cells Abhishek et al. 2025.

`p_all` is (S, N): S systems, N cells, 0–1. Every fusion gives (N,) in 0–1, to be read at 0.5; only the averages of
calibrated probabilities are probabilities themselves, the others are scores.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, roc_auc_score

Merit = Literal["accuracy", "f1", "kappa", "auroc"]

_VERDICT_MERITS: dict[Merit, Callable[..., float]] = {
    "accuracy": accuracy_score,
    "f1": partial(f1_score, average="weighted"),
    "kappa": cohen_kappa_score,
}


def soft_vote(p_all: NDArray[np.float64]) -> NDArray[np.float64]:
    """The plain mean."""
    return np.asarray(_checked(p_all).mean(axis=0))


def validation_weights(
    labels: NDArray[np.int64], p_all: NDArray[np.float64], *, merit: Merit = "accuracy", threshold: float = 0.5
) -> NDArray[np.float64]:
    """(S,) summing to 1: each system's merit on the validation cells over the sum of all (Mondal et al. 2021).

    labels: (N,) 0 HEM, 1 ALL; p_all: (S, N) of the same cells. A merit below 0 (kappa) counts as 0; equal weights where
    no system has any.
    """
    systems = _checked(p_all)
    if merit == "auroc":
        merits = [roc_auc_score(labels, p) for p in systems]
    else:
        merits = [_VERDICT_MERITS[merit](labels, p >= threshold) for p in systems]
    kept = np.clip(np.array(merits, np.float64), 0, None)
    return np.asarray(kept / kept.sum() if kept.sum() > 0 else np.full(len(kept), 1 / len(kept)))


def weighted_average(p_all: NDArray[np.float64], weights: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean with weights (S,), none below 0; their scale does not matter."""
    given = np.asarray(weights, np.float64)
    if given.min() < 0 or given.sum() <= 0:
        raise ValueError(f"weights are not negative and not all 0, got {given}")
    return np.asarray(np.average(_checked(p_all), axis=0, weights=given))


def majority_vote(p_all: NDArray[np.float64], *, threshold: float = 0.5) -> NDArray[np.float64]:
    """The share of systems that say ALL. A tie is 0.5, which reads as ALL: the safer side in a screening."""
    return np.asarray((_checked(p_all) >= threshold).mean(axis=0))


def gompertz_fusion(p_all: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fuzzy rank fusion of Kundu et al. 2021 for two classes.

    For each class, with confidences x of the S systems: rank R = Σ (1 − exp(−exp(−2x))), complement C = 1 − mean x, and
    the class with the smaller R·C wins. With two classes both are among the "top k" = 2, so no penalty ever applies.
    Returned is HEM's share of the two products: above 0.5 exactly where ALL wins.
    """
    systems = _checked(p_all)
    for_all, for_hem = _rank_product(systems), _rank_product(1 - systems)
    return np.asarray(for_hem / (for_all + for_hem))  # never 0/0: the complements sum to 1


def _rank_product(confidences: NDArray[np.float64]) -> NDArray[np.float64]:
    ranks = 1 - np.exp(-np.exp(-2 * confidences))
    return np.asarray(ranks.sum(axis=0) * (1 - confidences.mean(axis=0)))


def _checked(p_all: NDArray[np.float64]) -> NDArray[np.float64]:
    """A logit in place of a probability would be fused without a word."""
    systems = np.asarray(p_all, np.float64)
    if systems.ndim != 2 or not len(systems) or not ((systems >= 0) & (systems <= 1)).all():
        raise ValueError(f"p_all is (systems, cells) in 0–1, got shape {systems.shape}")
    return systems

"""Labelled cells' pooled features → a laboratory's last layer: logistic regression under the parent's statistics.

The log-odds are a part of the parent's plus a correction that is linear in the features. Before any cell is seen, the
correction's weights are normal around 0 with a covariance of Σ^−½, where Σ is the scatter of the parent's own training
cells (`model.distance`): between "each weight may move as far" (1) and "each direction may move the log-odds as far"
(Σ^−1). Twenty cells cannot outvote it. What is kept is the likeliest layer (maximum a posteriori).

PARENT, POWER and STRENGTH were chosen on cells of C-NMC's fold 0 that were made to look like other laboratories', under
a network of fold 1 (docs/results/elsewhere.md); no other laboratory's cell was looked at for that.
"""

import numpy as np
from numpy.typing import NDArray

from leukolens.decide.cell import to_probability
from leukolens.model.distance import FeatureReference
from leukolens.model.last_layer import LastLayer

PARENT = 0.5
"""Of its log-odds, kept where the cells say nothing: in another laboratory the parent is too sure of itself."""
POWER = 0.5
"""Of the deviation along each direction, by which the features are divided."""
STRENGTH = 0.3
"""Of the prior. At 1, a cell as far out as the parent's training cells usually are weighs as much as the prior."""
_OFFSET_STRENGTH = 0.01
"""Of the prior of the offset, around 0: nearly free."""
_STEPS, _SMALL = 1000, 1e-6
"""At most, and the largest change of a log-odds after which no more are taken."""


def fit_layer(
    features: NDArray[np.floating],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    parent: LastLayer,
    reference: FeatureReference,
) -> LastLayer:
    """features: (N, F) pooled. labels: (N,) 0 HEM, 1 ALL. weights: (N,) of the cells; their sum is how many they count
    for. parent, reference: of the model that gave the features.

    Böhning and Lindsay's steps (1988, Ann Inst Stat Math 40:641): the curvature is bounded once and for all, so each
    step is one product with the same matrix, and none can overshoot.
    """
    scaled = _scaled(features.astype(np.float64) - reference.mean, reference, POWER)
    gram = scaled @ scaled.T
    prior = PARENT * (parent.logits(features) - parent.logits(reference.mean))
    strength = STRENGTH * _usual_square(reference)
    curvature = weights / 4
    solve = np.linalg.inv(gram + np.diag(strength / curvature))
    ones = solve.sum(axis=1)
    logits: NDArray[np.float64] = prior
    offset, pulls = 0.0, np.zeros(len(labels))
    for _ in range(_STEPS):
        target = logits - prior + weights * (labels - to_probability(logits)) / curvature
        pulls = solve @ target
        offset = pulls.sum() / (ones.sum() + _OFFSET_STRENGTH / strength)
        pulls -= offset * ones
        before, logits = logits, prior + gram @ pulls + offset
        if np.abs(logits - before).max() < _SMALL:
            break
    weight = PARENT * parent.weight + _scaled(scaled.T @ pulls, reference, POWER)
    return LastLayer(weight=weight.astype(np.float32), offset=float(offset - weight @ reference.mean))


def _scaled(values: NDArray[np.float64], reference: FeatureReference, power: float) -> NDArray[np.float64]:
    """values: (…, F), each direction divided by its deviation to that power."""
    directions = reference.directions.astype(np.float64)
    along = values @ directions.T
    rest = (values - along @ directions) / reference.residual**power
    return np.asarray(rest + along / reference.deviations.astype(np.float64) ** power @ directions)


def _usual_square(reference: FeatureReference) -> float:
    """Mean squared length of the parent's training cells, scaled as above."""
    left = len(reference.mean) - len(reference.deviations)
    return float(
        (reference.deviations.astype(np.float64) ** (2 - 2 * POWER)).sum()
        + left * reference.residual ** (2 - 2 * POWER)
    )


def even_weights(labels: NDArray[np.int64], patients: NDArray[np.str_]) -> NDArray[np.float64]:
    """(N,) Both classes weigh alike, and in each its patients; together as many as cells that weigh alike would tell
    as much (Kish's effective size, 1965). patients: (N,), a name of its own for each cell whose patient is not known.
    """
    weights = np.ones(len(labels))
    for label in (0, 1):
        mine = labels == label
        _, patient, cells = np.unique(patients[mine], return_inverse=True, return_counts=True)
        weights[mine] = 1 / (cells[patient] * len(cells))
    return np.asarray(weights * weights.sum() / (weights**2).sum())

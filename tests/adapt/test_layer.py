"""The layer that cells teach: beside scikit-learn's, between prior and cells, and never run away."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from leukolens.adapt import layer
from leukolens.adapt.layer import even_weights, fit_layer
from leukolens.model.distance import FeatureReference, fit_reference
from leukolens.model.last_layer import LastLayer

RANDOM = np.random.default_rng(0)
TRAINING = RANDOM.normal(1, np.linspace(0.2, 2, 12), (300, 12)).astype(np.float32)
PARENT = LastLayer(weight=RANDOM.normal(0, 0.5, 12).astype(np.float32), offset=0.5)


@pytest.fixture
def reference() -> FeatureReference:
    return fit_reference(TRAINING, TRAINING, directions=4)


def cells(count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """As many cells of both classes, that differ in the last feature, which the parent does not read much."""
    labels = np.arange(count) % 2
    features = np.random.default_rng(1).normal(1, 1, (count, 12))
    features[:, 11] += 2 * labels
    return features.astype(np.float32), labels


def test_it_is_the_likeliest_layer(reference: FeatureReference, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the parent's part, that of scikit-learn on features divided as the prior does."""
    monkeypatch.setattr(layer, "PARENT", 0.0)
    features, labels = cells(40)
    weights = np.linspace(0.5, 1.5, 40)
    found = fit_layer(features, labels, weights, parent=PARENT, reference=reference)
    away = features.astype(np.float64) - reference.mean
    along = away @ reference.directions.T
    scaled = (away - along @ reference.directions) / reference.residual**0.5
    scaled += along / reference.deviations**0.5 @ reference.directions
    usual = reference.deviations.sum() + 8 * reference.residual
    model = LogisticRegression(C=1 / (layer.STRENGTH * usual), tol=1e-10, max_iter=10_000)
    model.fit(scaled, labels, sample_weight=weights)
    assert found.logits(features) == pytest.approx(model.decision_function(scaled), abs=5e-3)


def test_it_learns_what_the_parent_does_not_read(reference: FeatureReference) -> None:
    features, labels = cells(200)
    found = fit_layer(features, labels, np.ones(200), parent=PARENT, reference=reference)
    assert found.weight[11] > PARENT.weight[11] + 0.3
    others, truth = cells(400)
    assert ((found.logits(others) > 0) == truth).mean() > ((PARENT.logits(others) > 0) == truth).mean() + 0.1


def test_cells_that_say_nothing_leave_a_part_of_the_parent(reference: FeatureReference) -> None:
    features, labels = cells(40)
    found = fit_layer(features, labels, np.full(40, 1e-6), parent=PARENT, reference=reference)
    assert found.weight == pytest.approx(layer.PARENT * PARENT.weight, abs=1e-3)


def test_twenty_cells_move_it_less_than_two_hundred(reference: FeatureReference) -> None:
    moved = []
    for count in (20, 200):
        features, labels = cells(count)
        found = fit_layer(features, labels, np.ones(count), parent=PARENT, reference=reference)
        moved.append(np.abs(found.weight - layer.PARENT * PARENT.weight).sum())
    assert moved[0] < moved[1]


def test_classes_that_a_plane_parts_do_not_make_it_run_away(reference: FeatureReference) -> None:
    features, labels = cells(30)
    features[:, 0] = 20.0 * labels
    found = fit_layer(features, labels, np.ones(30), parent=PARENT, reference=reference)
    assert np.isfinite(found.weight).all()
    assert np.abs(found.logits(features)).max() < 50


def test_classes_and_patients_weigh_alike_and_no_more_than_they_tell() -> None:
    labels = np.array([1, 1, 1, 1, 0, 0])
    weights = even_weights(labels, np.array(["a", "a", "a", "b", "c", "d"]))
    assert weights[:3].sum() == pytest.approx(weights[3])
    assert weights[labels == 1].sum() == pytest.approx(weights[labels == 0].sum())
    assert weights.sum() == pytest.approx(1 / (3 * (1 / 12) ** 2 + (1 / 4) ** 2 + 2 * (1 / 4) ** 2))
    assert even_weights(np.array([0, 1, 0, 1]), np.array(list("abcd"))) == pytest.approx(np.ones(4))

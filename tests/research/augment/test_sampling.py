"""augment.sampling: neither a patient with many cells nor the size of cells decides."""

import numpy as np
import pytest

from leukolens.research.augment.sampling import area_matched_weights, even_weights


def test_even_weights_give_each_class_and_within_it_each_subject_alike() -> None:
    labels = np.array([1] * 90 + [1] * 10 + [0] * 20)
    weights = even_weights(labels, ["51"] * 90 + ["2"] * 10 + ["H1"] * 20)
    assert weights[labels == 1].sum() == pytest.approx(float(weights[labels == 0].sum()))
    assert weights[:90].sum() == pytest.approx(float(weights[90:100].sum()))


def test_area_matched_weights_give_both_classes_alike_at_every_size() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([1, 0], [600, 300])
    areas = np.where(labels == 1, random.normal(37, 6, 900), random.normal(27, 5, 900))
    subjects = [f"{label}{place % 3}" for place, label in enumerate(labels)]
    weights = area_matched_weights(labels, subjects, areas).numpy()
    assert weights[labels == 1].sum() == pytest.approx(weights[labels == 0].sum())
    mean = [np.average(areas[labels == label], weights=weights[labels == label]) for label in (0, 1)]
    assert abs(mean[1] - mean[0]) < 1.5  # 10 before; what is left is within a tenth
    even = even_weights(labels, subjects).numpy()
    assert np.average(areas[labels == 1], weights=even[labels == 1]) > 36

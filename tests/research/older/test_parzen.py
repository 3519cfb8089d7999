"""The probabilistic neural network is Bayes' rule on Gaussian windows."""

import numpy as np
import pytest

from leukolens.research.older.parzen import ParzenClassifier


def test_a_parzen_classifier_is_bayes_rule_on_gaussian_windows() -> None:
    one = ParzenClassifier().fit(np.array([[0.0], [2.0]]), np.array([0, 1]))
    # one cell each: Scott's width is 1; log odds of N(2, 1) to N(0, 1) are 2x − 2
    p = one.predict_proba(np.array([[1.0], [2.0], [1000.0]]))[:, 1]
    assert p == pytest.approx([0.5, 1 / (1 + np.exp(-2)), 1])
    assert one.predict(np.array([[0.4], [1.6]])).tolist() == [0, 1]


def test_windows_narrow_with_more_cells_and_classes_weigh_alike() -> None:
    random = np.random.default_rng(0)
    few, many = (ParzenClassifier().fit(random.normal(size=(count, 2)), np.arange(count) % 2) for count in (20, 2000))
    assert few.densities_[0].bandwidth == pytest.approx(10 ** (-1 / 6))
    assert many.densities_[0].bandwidth == pytest.approx(1000 ** (-1 / 6))
    uneven = ParzenClassifier().fit(np.array([[-1.0]] * 9 + [[1.0]]), np.array([0] * 9 + [1]))
    assert uneven.predict_proba(np.array([[0.0]]))[0].tolist() == pytest.approx([0.5, 0.5])

"""evaluation.bootstrap: metrics beside scikit-learn, intervals beside a plain bootstrap over images."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, precision_score

from leukolens.research.evaluate.bootstrap import intervals, metrics, paired_difference

CONFUSION = ((80, 20), (15, 185))
TRUTH = np.repeat([0, 0, 1, 1], [80, 20, 15, 185])
VERDICT = np.repeat([0, 1, 0, 1], [80, 20, 15, 185])


def test_figures_agree_with_scikit_learn() -> None:
    found = {name: values[0] for name, values in metrics(np.array(CONFUSION).reshape(1, 4)).items()}
    assert found["accuracy"] == pytest.approx(accuracy_score(TRUTH, VERDICT))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(TRUTH, VERDICT))
    assert found["macro_precision"] == pytest.approx(precision_score(TRUTH, VERDICT, average="macro"))
    assert found["weighted_precision"] == pytest.approx(precision_score(TRUTH, VERDICT, average="weighted"))
    assert found["macro_f1"] == pytest.approx(f1_score(TRUTH, VERDICT, average="macro"))
    assert found["precision_hem"] == pytest.approx(precision_score(TRUTH, VERDICT, pos_label=0))
    assert found["f1_all"] == pytest.approx(f1_score(TRUTH, VERDICT))


def test_a_class_never_predicted_has_precision_0() -> None:
    found = metrics(np.array([[0, 10, 0, 30]]))
    assert found["precision_hem"][0] == 0
    assert found["accuracy"][0] == 0.75


def test_intervals_agree_with_a_plain_bootstrap() -> None:
    random = np.random.default_rng(1)
    drawn = random.integers(0, len(TRUTH), (2000, len(TRUTH)))
    plain = {
        "accuracy": (TRUTH == VERDICT)[drawn].mean(axis=1),
        "macro_f1": np.array([f1_score(TRUTH[rows], VERDICT[rows], average="macro") for rows in drawn[:600]]),
    }
    found = intervals(CONFUSION, seed=0)
    for name, values in plain.items():
        low, high = np.quantile(values, (0.025, 0.975))
        assert (found[name].low, found[name].high) == pytest.approx((low, high), abs=0.008)


def test_intervals_are_seeded() -> None:
    assert intervals(CONFUSION, seed=3, draws=200) == intervals(CONFUSION, seed=3, draws=200)
    assert intervals(CONFUSION, seed=3, draws=200) != intervals(CONFUSION, seed=4, draws=200)


def test_a_paired_difference_is_that_of_a_plain_bootstrap_over_images() -> None:
    random = np.random.default_rng(2)
    right = random.random(300) < 0.9
    other = np.where(random.random(300) < 0.85, right, ~right)
    drawn = random.integers(0, 300, (4000, 300))
    low, high = np.quantile(other[drawn].mean(axis=1) - right[drawn].mean(axis=1), (0.025, 0.975))
    found = paired_difference(right, other, seed=0)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.006)
    assert high < 0


def test_a_system_does_not_differ_from_itself() -> None:
    right = np.array([True, False, True])
    found = paired_difference(right, right, seed=0)
    assert (found.low, found.high) == (0, 0)

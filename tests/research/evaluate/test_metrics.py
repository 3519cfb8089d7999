"""Metrics against an example counted by hand and against scikit-learn asked directly."""

import numpy as np
import pytest
from sklearn import metrics as sk

from leukolens.research.evaluate.metrics import Averages, measure

LABELS = np.array([0, 0, 0, 1, 1, 1, 1, 1])
P_ALL = np.array([0.1, 0.4, 0.7, 0.2, 0.5, 0.6, 0.8, 0.9])


def close(averages: Averages, precision: float, recall: float, f1: float) -> bool:
    return (averages.precision, averages.recall, averages.f1) == pytest.approx((precision, recall, f1))


def test_an_example_counted_by_hand() -> None:
    found = measure(LABELS, P_ALL, threshold=0.5)
    assert found.confusion == ((2, 1), (1, 4))  # 0.5 is ALL: the threshold belongs to it
    assert found.accuracy == 6 / 8
    assert close(found.hem, 2 / 3, 2 / 3, 2 / 3)
    assert close(found.all, 4 / 5, 4 / 5, 4 / 5)
    assert close(found.macro, 11 / 15, 11 / 15, 11 / 15)
    assert close(found.weighted, 0.75, 0.75, 0.75)
    assert found.balanced_accuracy == pytest.approx(11 / 15)
    assert found.auroc == pytest.approx(11 / 15)  # of 15 pairs HEM, ALL, 5 + 4 + 2 are in order


def test_the_threshold_moves_the_verdicts_and_not_the_auroc() -> None:
    found = measure(LABELS, P_ALL, threshold=0.65)
    assert found.confusion == ((2, 1), (3, 2))
    assert found.auroc == pytest.approx(11 / 15)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_scikit_learns(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = np.r_[0, 1, random.integers(0, 2, 60)]
    p_all = np.clip(labels * 0.3 + random.random(62) * 0.7, 0, 1)
    verdicts = p_all >= 0.4
    found = measure(labels, p_all, threshold=0.4)
    assert found.accuracy == pytest.approx(sk.accuracy_score(labels, verdicts))
    assert found.balanced_accuracy == pytest.approx(sk.balanced_accuracy_score(labels, verdicts))
    assert found.auroc == pytest.approx(sk.roc_auc_score(labels, p_all))
    assert np.array_equal(found.confusion, sk.confusion_matrix(labels, verdicts))
    for average, ours in (("macro", found.macro), ("weighted", found.weighted)):
        assert close(
            ours,
            sk.precision_score(labels, verdicts, average=average),
            sk.recall_score(labels, verdicts, average=average),
            sk.f1_score(labels, verdicts, average=average),
        )
    for positive, ours in ((0, found.hem), (1, found.all)):
        assert close(
            ours,
            sk.precision_score(labels, verdicts, pos_label=positive),
            sk.recall_score(labels, verdicts, pos_label=positive),
            sk.f1_score(labels, verdicts, pos_label=positive),
        )


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.55, 2.0])
def test_balanced_accuracy_is_macro_recall(threshold: float) -> None:
    found = measure(LABELS, P_ALL, threshold=threshold)
    assert found.balanced_accuracy == pytest.approx(found.macro.recall)


def test_a_class_that_is_never_said_counts_0() -> None:
    found = measure(LABELS, P_ALL, threshold=2.0)
    assert close(found.all, 0, 0, 0)
    assert close(found.hem, 3 / 8, 1, 6 / 11)
    assert found.confusion == ((3, 0), (5, 0))

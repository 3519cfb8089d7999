"""Who is left out with whom, and the gain with its interval, beside scikit-learn and plain counting."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from leukolens.adapt.held_out import gain, parts_of

LABELS = np.array([1] * 9 + [0] * 8)
PATIENTS = np.array(["a"] * 4 + ["b"] * 3 + ["c"] * 2 + ["x"] * 4 + ["y"] * 4)


def test_a_patients_cells_are_left_out_together() -> None:
    parts = parts_of(LABELS, PATIENTS, seed=0)
    assert parts.unit == "patients"
    assert parts.part.max() + 1 == 5  # each patient by itself
    for patient in set(PATIENTS):
        assert len(set(parts.part[patient == PATIENTS])) == 1
    for left_out in range(5):
        assert set(LABELS[parts.part != left_out]) == {0, 1}


@pytest.mark.parametrize(
    "patients", [np.array([""] * 17), np.array(["a"] * 9 + ["x"] * 8), np.append(PATIENTS[1:], "")]
)
def test_cells_are_where_patients_are_unknown_or_too_few(patients: np.ndarray) -> None:
    parts = parts_of(LABELS, patients, seed=0)
    assert parts.unit == "cells"
    assert len(set(parts.units)) == 17
    for left_out in range(parts.part.max() + 1):
        assert set(LABELS[parts.part != left_out]) == {0, 1}


def test_a_patient_with_both_classes_may_be_left_out_too() -> None:
    patients = np.array(["a", "b", "c"] * 6)[:17]
    parts = parts_of(LABELS, patients, seed=1)
    assert parts.unit == "patients"
    assert all(set(LABELS[parts.part != left_out]) == {0, 1} for left_out in set(parts.part))


def test_the_seed_draws_and_draws_the_same_again() -> None:
    labels, patients = np.arange(40) % 2, np.array([f"p{place % 20}" for place in range(40)])
    one, again, other = (parts_of(labels, patients, seed=seed).part for seed in (3, 3, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_the_gain_and_its_interval() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 400)
    good, poor = (labels * shift + random.normal(0, 1, 400) for shift in (2.0, 0.7))
    p, parent = 1 / (1 + np.exp(-good)), 1 / (1 + np.exp(-poor)).round(1)
    found = gain(labels, p, parent, np.arange(400).astype(str), seed=0)
    assert found.auroc == pytest.approx(roc_auc_score(labels, p))
    assert found.parent_auroc == pytest.approx(roc_auc_score(labels, parent))  # with ties
    assert found.brier == pytest.approx(np.mean((p - labels) ** 2))
    assert 0 < found.low < found.auroc - found.parent_auroc < found.high
    assert not found.worse
    assert gain(labels, parent, p, np.arange(400).astype(str), seed=0).worse


def test_few_patients_make_a_wide_interval() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], 100)
    patients = np.repeat(np.arange(10), 20)
    p = 1 / (1 + np.exp(-(2 * labels - 1 + random.normal(0, 1.5, 10)[patients] + random.normal(0, 1, 200))))
    by_patient, by_cell = (
        gain(labels, p, np.full(200, 0.5), units.astype(str), seed=0) for units in (patients, np.arange(200))
    )
    assert by_patient.high - by_patient.low > 1.5 * (by_cell.high - by_cell.low)


def test_two_patients_alike_do_not_make_a_narrow_interval() -> None:
    """Four patients, drawn anew, are nine samples: the interval is not narrower than one over cells."""
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], 20)
    p = 1 / (1 + np.exp(-(2 * labels - 1 + random.normal(0, 1, 40))))
    alike = np.tile([0, 1], 20) + 2 * labels
    few, cells = (gain(labels, p, np.full(40, 0.5), units.astype(str), seed=0) for units in (alike, np.arange(40)))
    assert few.low <= cells.low
    assert few.high >= cells.high

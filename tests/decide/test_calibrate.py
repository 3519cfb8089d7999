"""Temperature, threshold, band and hues, beside scikit-learn, a fine grid and plain counting."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from leukolens.decide.calibrate import (
    SPREAD,
    TEMPERATURES,
    CalibrationError,
    fit_temperature,
    hue_range,
    threshold_for_sensitivity,
    widened_band,
)


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-logits))


def simulated(seed: int, subjects: int) -> tuple[NDArray[np.float64], NDArray[np.int64], list[str]]:
    """Log-odds, labels and subjects: each subject with its own offset and number of cells."""
    random = np.random.default_rng(seed)
    labels, logits, names = [], [], []
    for number in range(subjects):
        label, size = int(random.random() < 0.6), int(random.integers(20, 80))
        labels.append(np.full(size, label))
        logits.append((3.0 if label else -3.0) + random.normal(0, 1.5) + random.normal(0, 2, size))
        names += [f"s{number}"] * size
    return np.concatenate(logits), np.concatenate(labels), names


def test_the_likeliest_temperature_is_logistic_regressions_with_subjects_alike() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, 20_000)
    labels = (random.random(20_000) < sigmoid(logits)).astype(np.int64)
    subjects = random.integers(0, 50, 20_000) ** 2 // 100  # of 0 to 24, the first the largest
    weights = 1 / np.bincount(subjects)[subjects]
    found = fit_temperature(2.5 * logits, labels, [str(s) for s in subjects], spread=math.inf)
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8)
    model.fit(2.5 * logits[:, None], labels, sample_weight=weights)
    assert found == pytest.approx(1 / model.coef_[0, 0], rel=1e-4)
    assert found == pytest.approx(2.5, rel=0.1)


def test_few_subjects_leave_the_temperature_near_1() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, 20_000)
    labels = (random.random(20_000) < sigmoid(logits)).astype(np.int64)
    found = [
        fit_temperature(2.5 * logits, labels, [str(number % subjects) for number in range(20_000)])
        for subjects in (2, 20, 2000)
    ]
    assert 1 < found[0] < found[1] < found[2]
    assert found[0] < 1.3
    assert found[2] == pytest.approx(2.5, rel=0.05)


def test_the_temperature_is_the_most_likely_on_a_fine_grid() -> None:
    logits, labels, subjects = simulated(3, 9)
    found = fit_temperature(logits, labels, subjects)

    def loss(temperature: float) -> float:
        total = (math.log(temperature) / SPREAD) ** 2 / 2
        for subject in set(subjects):
            mine = np.array(subjects) == subject
            p = sigmoid(logits[mine] / temperature)
            total -= np.log(np.where(labels[mine] == 1, p, 1 - p)).mean()
        return float(total)

    grid = np.exp(np.linspace(math.log(0.1), math.log(10), 20_001))
    assert found == pytest.approx(grid[np.argmin([loss(t) for t in grid])], rel=5e-4)


def test_a_temperature_without_a_minimum_stands_at_its_bound() -> None:
    logits, labels, subjects = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0, 0, 1, 1]), ["a", "b", "c", "d"]
    assert fit_temperature(logits, labels, subjects, spread=math.inf) == TEMPERATURES[0]
    assert fit_temperature(-logits, labels, subjects, spread=math.inf) == TEMPERATURES[1]
    with pytest.raises(CalibrationError, match="all of one class"):
        fit_temperature(logits, np.ones(4, np.int64), subjects)


P_ALL = np.array([0.9, 0.1, 0.8, 0.6, 0.6, 0.3, 0.95])
LABELS = np.array([1, 0, 1, 1, 1, 1, 0])


@pytest.mark.parametrize(
    ("sensitivity", "expected"), [(0.1, 0.9), (0.2, 0.9), (0.4, 0.8), (0.5, 0.6), (0.8, 0.6), (0.81, 0.3), (1.0, 0.3)]
)
def test_the_highest_threshold_that_reaches_a_sensitivity(sensitivity: float, expected: float) -> None:
    found = threshold_for_sensitivity(P_ALL, LABELS, sensitivity=sensitivity)
    assert found == expected
    assert (P_ALL[LABELS == 1] >= found).mean() >= sensitivity
    assert (P_ALL[LABELS == 1] >= np.nextafter(found, 1)).mean() < sensitivity


def test_weights_move_the_threshold_and_no_all_cell_is_refused() -> None:
    weights = np.array([1.0, 1, 1, 1, 1, 16, 1])
    assert threshold_for_sensitivity(P_ALL, LABELS, sensitivity=0.2, weights=weights) == 0.6
    assert threshold_for_sensitivity(P_ALL, LABELS, sensitivity=0.21, weights=weights) == 0.3
    with pytest.raises(CalibrationError, match="no ALL cell"):
        threshold_for_sensitivity(P_ALL, np.zeros(7, np.int64), sensitivity=0.9)


def test_the_hues_are_those_of_subjects_not_of_cells() -> None:
    hues = np.array([280.0, 290.0, 300.0, 286.0, 286.5, 295.0])
    assert hue_range(hues, ["a", "a", "a", "b", "b", "c"]) == pytest.approx((285.25, 296.0))


def test_outside_a_widened_band_few_answers_are_wrong() -> None:
    logits, labels, _ = simulated(7, 30)
    p_all = sigmoid(logits)
    low, high = widened_band(p_all, labels, threshold=0.4, error=0.03)
    answered = (p_all < low) | (p_all > high)
    wrong = answered & ((p_all >= 0.4) != (labels == 1))
    assert 0 < wrong.sum() / answered.sum() <= 0.03
    wider = widened_band(p_all, labels, threshold=0.4, error=0.03, band=(low / 2, high))
    assert wider == (low / 2, high)


def test_a_widened_band_by_hand() -> None:
    p_all, labels = np.array([0.05, 0.2, 0.3, 0.6, 0.7, 0.9, 0.97]), np.array([0, 0, 1, 0, 1, 1, 1])
    assert widened_band(p_all, labels, threshold=0.5, error=0.0) == (0.3, 0.7)
    assert widened_band(p_all, labels, threshold=0.5, error=0.2) == (0.5, 0.6)  # .3 may be wrong: 1 of 6
    assert widened_band(p_all, 1 - labels, threshold=0.5, error=0.0) == (0.05, 0.97)

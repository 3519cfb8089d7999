"""evaluation.calibration: beside scikit-learn and plain loops, and the conformal promise on simulated subjects."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from leukolens.measure.held_out_metrics import Judged
from leukolens.research.evaluate.calibration import (
    SPREAD,
    TEMPERATURES,
    CalibrationError,
    conformal_band,
    fit_temperature,
    hue_range,
    three_answers,
    threshold_for_sensitivity,
    widened_band,
)


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-logits))


def simulated(random: np.random.Generator, subjects: int, *, cells: int = 40) -> Judged:
    """Subjects of both kinds, each with its own offset and number of cells, as networks see them: some are hard."""
    labels, p_all, names = [], [], []
    for number in range(subjects):
        label, size = int(random.random() < 0.6), int(random.integers(cells // 2, cells * 2))
        offset = random.normal(0, 1.5)
        logits = (3.0 if label else -3.0) + offset + random.normal(0, 2, size)
        labels.append(np.full(size, label))
        p_all.append(sigmoid(logits))
        names += [f"s{number}"] * size
    joined = np.concatenate(labels)
    return Judged(
        labels=joined, p_all=np.concatenate(p_all), subjects=tuple(names), areas=np.full(len(joined), math.nan)
    )


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
    judged = simulated(np.random.default_rng(3), 9)
    logits = np.log(judged.p_all / (1 - judged.p_all))
    found = fit_temperature(logits, judged.labels, judged.subjects)

    def loss(temperature: float) -> float:
        total = (math.log(temperature) / SPREAD) ** 2 / 2
        for subject in set(judged.subjects):
            mine = np.array(judged.subjects) == subject
            p = sigmoid(logits[mine] / temperature)
            total -= np.log(np.where(judged.labels[mine] == 1, p, 1 - p)).mean()
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


def plain_loss(judged: Judged, low: float, high: float, threshold: float) -> float:
    losses = []
    for name in set(judged.subjects):
        cells = [place for place, subject in enumerate(judged.subjects) if subject == name]
        wrong = 0
        for place in cells:
            p = judged.p_all[place]
            wrong += not low <= p <= high and (p >= threshold) != judged.labels[place]
        losses.append(wrong / len(cells))
    return float(np.mean(losses))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("threshold", [0.5, 0.2])
def test_the_band_is_the_smallest_that_a_plain_search_finds(seed: int, threshold: float) -> None:
    judged = simulated(np.random.default_rng(seed), 25, cells=10)
    low, high = conformal_band(judged.p_all, judged.labels, judged.subjects, threshold=threshold, error=0.08)
    middle = math.log(threshold / (1 - threshold))
    steps = (step / 500 for step in range(10_000))
    wide = next(
        step
        for step in steps
        if 25 / 26 * plain_loss(judged, *sigmoid(np.array([middle - step, middle + step])), threshold) + 1 / 26 <= 0.08
    )
    found = math.log(high / (1 - high)) - middle
    assert found == pytest.approx(middle - math.log(low / (1 - low)))  # even in log-odds
    assert wide - 1 / 500 <= found + 1e-9
    assert found <= wide + 1e-9
    assert found > 0


def test_no_band_where_none_is_needed() -> None:
    judged = simulated(np.random.default_rng(0), 30)
    right = judged.labels * 0.9 + 0.05
    low, high = conformal_band(right, judged.labels, judged.subjects, threshold=0.4, error=0.05)
    assert (low, high) == pytest.approx((0.4, 0.4))
    assert low <= 0.4 <= high


def test_cells_wrong_beyond_any_doubt_make_everything_uncertain() -> None:
    judged = simulated(np.random.default_rng(0), 20)
    p_all = np.where(judged.labels == 1, 0.0, 1.0)
    assert conformal_band(p_all, judged.labels, judged.subjects, threshold=0.5, error=0.1) == (0, 1)


def test_the_outermost_wrong_cell_is_inside_in_spite_of_rounding() -> None:
    for seed in range(200):
        random = np.random.default_rng(seed)
        p_all, threshold = random.random(30) ** 4, float(random.random())
        if seed % 2:
            p_all = 1 - p_all  # far above the threshold instead of far below
        labels = (p_all < threshold).astype(np.int64)  # all wrong
        subjects = [f"{place}" for place in range(30)]
        low, high = conformal_band(p_all, labels, subjects, threshold=threshold, error=1 / 31)
        assert low <= p_all.min()
        assert high >= p_all.max()


@pytest.mark.parametrize(("subjects", "error", "enough"), [(19, 0.05, True), (18, 0.05, False), (3, 0.25, True)])
def test_too_few_subjects_are_refused_with_what_would_do(subjects: int, error: float, enough: bool) -> None:
    judged = simulated(np.random.default_rng(1), subjects)
    if enough:
        band = conformal_band(judged.p_all, judged.labels, judged.subjects, threshold=0.5, error=error)
        assert three_answers(judged, threshold=0.5, band=band).subject_loss == 0  # nothing is left for the loss
        return
    with pytest.raises(CalibrationError, match=r"18 subjects cannot .* at least 19 subjects, or allow 0\.053"):
        conformal_band(judged.p_all, judged.labels, judged.subjects, threshold=0.5, error=error)


def test_a_threshold_at_the_end_leaves_no_band() -> None:
    with pytest.raises(CalibrationError, match="no room"):
        conformal_band(P_ALL, LABELS, ["s"] * 7, threshold=1.0, error=0.6)


def test_the_promise_holds_for_new_subjects_and_is_not_given_away() -> None:
    random, error, losses = np.random.default_rng(11), 0.1, []
    for _ in range(1500):
        judged = simulated(random, 24, cells=20)
        band = conformal_band(judged.p_all, judged.labels, judged.subjects, threshold=0.5, error=error)
        losses.append(three_answers(simulated(random, 8, cells=20), threshold=0.5, band=band).subject_loss)
    mean, doubt = float(np.mean(losses)), float(np.std(losses)) / len(losses) ** 0.5
    assert mean <= error + 2 * doubt
    assert mean >= error - 2 / 25 - 2 * doubt  # Angelopoulos et al. 2022, Theorem 2: not much below it either
    assert doubt < 0.003


def test_three_answers_counted_by_hand() -> None:
    judged = Judged(
        labels=np.array([1, 1, 0, 0, 0, 1]),
        p_all=np.array([0.9, 0.1, 0.5, 0.8, 0.2, 0.7]),
        subjects=("a", "a", "h", "h", "h", "b"),
        areas=np.full(6, 1.0),
    )
    found = three_answers(judged, threshold=0.4, band=(0.2, 0.6))  # 0.5 and 0.2 are uncertain
    assert found.answered == pytest.approx(4 / 6)
    assert found.error_answered == pytest.approx(2 / 4)
    assert found.subject_loss == pytest.approx((1 / 2 + 1 / 3 + 0) / 3)
    assert plain_loss(judged, 0.2, 0.6, 0.4) == pytest.approx(found.subject_loss)
    assert math.isnan(three_answers(judged, threshold=0.4, band=(0, 1)).error_answered)


def test_the_hues_are_those_of_subjects_not_of_cells() -> None:
    hues = np.array([280.0, 290.0, 300.0, 286.0, 286.5, 295.0])
    assert hue_range(hues, ["a", "a", "a", "b", "b", "c"]) == pytest.approx((285.25, 296.0))


def test_outside_a_widened_band_few_answers_are_wrong() -> None:
    judged = simulated(np.random.default_rng(7), 30)
    low, high = widened_band(judged.p_all, judged.labels, threshold=0.4, error=0.03)
    answered = (judged.p_all < low) | (judged.p_all > high)
    wrong = answered & ((judged.p_all >= 0.4) != (judged.labels == 1))
    assert 0 < wrong.sum() / answered.sum() <= 0.03
    wider = widened_band(judged.p_all, judged.labels, threshold=0.4, error=0.03, band=(low / 2, high))
    assert wider == (low / 2, high)


def test_a_widened_band_by_hand() -> None:
    p_all, labels = np.array([0.05, 0.2, 0.3, 0.6, 0.7, 0.9, 0.97]), np.array([0, 0, 1, 0, 1, 1, 1])
    assert widened_band(p_all, labels, threshold=0.5, error=0.0) == (0.3, 0.7)
    assert widened_band(p_all, labels, threshold=0.5, error=0.2) == (0.5, 0.6)  # .3 may be wrong: 1 of 6
    assert widened_band(p_all, 1 - labels, threshold=0.5, error=0.0) == (0.05, 0.97)

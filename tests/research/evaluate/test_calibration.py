"""The conformal band beside a plain search, and its promise on simulated subjects."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from leukolens.decide.calibrate import CalibrationError
from leukolens.measure.held_out_metrics import Judged
from leukolens.research.evaluate.calibration import conformal_band, three_answers


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


LABELS = np.array([1, 0, 1, 1, 1, 1, 0])


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
        conformal_band(LABELS * 0.9, LABELS, ["s"] * 7, threshold=1.0, error=0.6)


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

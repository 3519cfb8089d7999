"""measure.held_out_metrics: an example counted by hand, scikit-learn with the same weights, ties, a missing class."""

import itertools
import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sk

from leukolens.measure import held_out_metrics
from leukolens.measure.held_out_metrics import Judged, aurocs, metrics, reliability

BY_HAND = Judged(
    labels=np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]),
    p_all=np.array([0.1, 0.2, 0.4, 0.7, 0.2, 0.5, 0.6, 0.8, 0.9, 1.0]),
    subjects=("h1", "h1", "h2", "h2", "1", "1", "1", "2", "2", "2"),
    areas=np.array([100.0, 100, 200, 95, 105, 210, 111, 90, 180, 300]),
)


def generated(seed: int, *, cells: int = 120, steps: int = 40) -> Judged:
    """Six subjects, three of each class; p(ALL) in few steps, so that many cells tie."""
    random = np.random.default_rng(seed)
    subject = random.integers(0, 6, cells)
    subject[:6] = np.arange(6)
    labels = (subject >= 3).astype(np.int64)
    p_all = np.clip(0.35 + 0.3 * labels + random.normal(0, 0.25, cells), 0, 1)
    return Judged(
        labels=labels,
        p_all=np.round(p_all * steps) / steps,
        subjects=tuple(f"s{number}" for number in subject),
        areas=np.round(random.uniform(300, 600, cells)),
    )


def plain(judged: Judged, weights: NDArray[np.float64], threshold: float) -> dict[str, float]:
    """The same metrics from scikit-learn and slow loops."""
    labels, p_all, said = judged.labels, judged.p_all, judged.p_all >= threshold
    false, true, _ = sk.roc_curve(labels, p_all, sample_weight=weights, drop_intermediate=False)
    ece = 0.0
    for low, high in itertools.pairwise(np.arange(16) / 15):
        here = (p_all >= low) & ((p_all < high) if high < 1 else (p_all <= 1))
        ece += abs((weights * (p_all - labels))[here].sum()) / weights.sum()
    pairs = ordered = 0.0
    for one in np.flatnonzero(labels == 1):
        for other in np.flatnonzero(labels == 0):
            areas = sorted((judged.areas[one], judged.areas[other]))
            if areas[1] - areas[0] < 0.1 * areas[1]:
                weight = weights[one] * weights[other]
                pairs += weight
                ordered += weight * ((p_all[one] > p_all[other]) + 0.5 * (p_all[one] == p_all[other]))
    return {
        "weighted_f1": sk.f1_score(labels, said, average="weighted", sample_weight=weights),
        "f1": sk.f1_score(labels, said, sample_weight=weights),
        "accuracy": sk.accuracy_score(labels, said, sample_weight=weights),
        "auroc": sk.roc_auc_score(labels, p_all, sample_weight=weights),
        "auprc": sk.average_precision_score(labels, p_all, sample_weight=weights),
        "sensitivity": sk.recall_score(labels, said, sample_weight=weights),
        "specificity": sk.recall_score(labels, said, pos_label=0, sample_weight=weights),
        "sensitivity_at_90_specificity": true[1 - false >= 0.90 - 1e-9].max(),
        "sensitivity_at_95_specificity": true[1 - false >= 0.95 - 1e-9].max(),
        "specificity_at_95_sensitivity": 1 - false[true >= 0.95 - 1e-9].min(),
        "brier": sk.brier_score_loss(labels, p_all, sample_weight=weights),
        "ece": ece,
        "auroc_area_matched": ordered / pairs,
    }


def once(judged: Judged, *, threshold: float = 0.5) -> dict[str, float]:
    found = metrics(judged, np.ones((1, len(judged.labels))), threshold=threshold)
    return {name: float(values[0]) for name, values in found.items()}


def test_an_example_counted_by_hand() -> None:
    found = once(BY_HAND)
    assert found["accuracy"] == pytest.approx(8 / 10)  # 0.5 is ALL: the threshold belongs to it
    assert found["sensitivity"] == pytest.approx(5 / 6)
    assert found["specificity"] == pytest.approx(3 / 4)
    assert found["f1"] == pytest.approx(10 / 12)
    assert found["weighted_f1"] == pytest.approx(0.6 * 10 / 12 + 0.4 * 6 / 8)
    assert found["auroc"] == pytest.approx((1.5 + 3 + 3 + 4 + 4 + 4) / 24)  # 0.2 ties with a HEM cell
    assert found["sensitivity_at_90_specificity"] == pytest.approx(3 / 6)  # no HEM cell may be called ALL: above 0.7
    assert found["specificity_at_95_sensitivity"] == pytest.approx(1 / 4)  # every ALL cell must be: from 0.2
    assert found["brier"] == pytest.approx((0.01 + 0.04 + 0.16 + 0.49 + 0.64 + 0.25 + 0.16 + 0.04 + 0.01) / 10)


def test_the_pairs_of_like_area_counted_by_hand() -> None:
    # 105: 100, 100, 95 (.2 against .1, .2, .7) → 1.5 of 3; 210: 200 (.5, .4) → 1; 111: 100 is 9.9 % smaller, twice → 2;
    # 90 is 10 % smaller than 100, which is not less than 10 %, and 95 (.8, .7) → 1; 180 is 10 % below 200; 300: none
    assert once(BY_HAND)["auroc_area_matched"] == pytest.approx((1.5 + 1 + 2 + 1) / (3 + 1 + 2 + 1))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("steps", [8, 40, 10**9])
def test_it_is_scikit_learns_under_any_weights(seed: int, steps: int) -> None:
    judged = generated(seed, steps=steps)
    random = np.random.default_rng(seed)
    weights = random.exponential(size=(5, 120)) * (random.random((5, 120)) > 0.3)
    found = metrics(judged, weights, threshold=0.5)
    for draw, row in enumerate(weights):
        expected = plain(judged, row, 0.5)
        assert {name: values[draw] for name, values in found.items()} == pytest.approx(expected, abs=1e-9)


def test_the_area_alone_is_that_of_all_metrics() -> None:
    judged, weights = generated(3, steps=8), np.random.default_rng(0).integers(0, 4, (50, 120)).astype(np.float64)
    found = metrics(judged, weights, threshold=0.5)["auroc"]
    assert aurocs(judged.labels, judged.p_all, weights) == pytest.approx(found)


def test_weights_by_subject_give_the_pairs_that_weights_by_cell_give() -> None:
    judged = generated(7)
    by_subject = np.random.default_rng(0).integers(0, 4, (20, 6)).astype(float)
    weights = by_subject[:, [int(name[1]) for name in judged.subjects]]
    apart = np.vstack([weights, np.arange(120.0)])  # the last row weighs a subject's cells unalike
    subjects_aggregated = metrics(judged, weights, threshold=0.5)["auroc_area_matched"]
    assert subjects_aggregated == pytest.approx(
        metrics(judged, apart, threshold=0.5)["auroc_area_matched"][:-1], nan_ok=True
    )
    assert subjects_aggregated[3] == pytest.approx(plain(judged, weights[3], 0.5)["auroc_area_matched"])


def test_a_subject_with_both_classes_and_weights_alike() -> None:
    judged = generated(3)
    mixed = Judged(labels=judged.labels, p_all=judged.p_all, subjects=("one",) * 120, areas=judged.areas)
    assert once(mixed) == pytest.approx(plain(judged, np.ones(120), 0.5))


def test_draws_worked_on_in_parts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = generated(5)
    weights = np.random.default_rng(1).integers(0, 3, (17, 120)).astype(float)
    whole = metrics(judged, weights, threshold=0.5)
    monkeypatch.setattr(held_out_metrics, "_AT_ONCE", 300)
    parts = metrics(judged, weights, threshold=0.5)
    for name, values in whole.items():
        assert parts[name] == pytest.approx(values, nan_ok=True), name


def test_a_specificity_of_just_90_percent_reaches_it() -> None:
    ranked = np.array([1] * 6 + [0] + [1] * 2 + [0] + [1] * 12 + [0] * 18)  # of 20 HEM cells 1 (5 %), then 2 (10 %)
    cells = len(ranked)
    judged = Judged(
        labels=ranked, p_all=np.linspace(0.99, 0.01, cells), subjects=("s",) * cells, areas=np.full(cells, 1.0)
    )
    for weight in (1.0, 0.1, 3.7):
        found = metrics(judged, np.full((1, cells), weight), threshold=0.5)
        assert found["sensitivity_at_90_specificity"][0] == pytest.approx(20 / 20)
        assert found["sensitivity_at_95_specificity"][0] == pytest.approx(8 / 20)
        assert found["specificity_at_95_sensitivity"][0] == pytest.approx(18 / 20)


def test_all_ties_are_a_coin() -> None:
    judged = generated(2)
    tied = Judged(labels=judged.labels, p_all=np.full(120, 0.5), subjects=judged.subjects, areas=judged.areas)
    found = once(tied)
    assert found["auroc"] == found["auroc_area_matched"] == 0.5
    assert found["auprc"] == pytest.approx(judged.labels.mean())
    assert found["sensitivity_at_90_specificity"] == found["specificity_at_95_sensitivity"] == 0


@pytest.mark.parametrize(("kept", "defined"), [(0, "specificity"), (1, "sensitivity")])
def test_one_class_missing_leaves_what_needs_both_undefined(kept: int, defined: str) -> None:
    judged = generated(1)
    cells = judged.labels == kept
    half = Judged(
        labels=judged.labels[cells],
        p_all=judged.p_all[cells],
        subjects=tuple(np.array(judged.subjects)[cells]),
        areas=judged.areas[cells],
    )
    alone, weighted = once(half), metrics(judged, cells[None].astype(float), threshold=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        challenge = sk.f1_score(half.labels, half.p_all >= 0.5, average="weighted", zero_division=0)
    for found in (alone, {name: values[0] for name, values in weighted.items()}):
        needs_both = [name for name in found if name.startswith(("auroc", "auprc")) or "_at_" in name]
        assert len(needs_both) == 6
        assert all(np.isnan(found[name]) for name in needs_both)
        assert np.isnan(found["f1"]) == (kept == 0)
        assert np.isnan(found["sensitivity"]) == (kept == 0)
        assert np.isnan(found["specificity"]) == (kept == 1)
        assert found["accuracy"] == pytest.approx(found[defined])
        assert found["weighted_f1"] == pytest.approx(challenge)
        assert found["brier"] == pytest.approx(((half.p_all - half.labels) ** 2).mean())


def test_no_pair_of_like_area_is_undefined_and_unknown_areas_are_in_none() -> None:
    judged = generated(1)
    for areas in (np.where(judged.labels == 1, 900.0, 500.0), np.full(120, np.nan)):
        apart = Judged(labels=judged.labels, p_all=judged.p_all, subjects=judged.subjects, areas=areas)
        assert np.isnan(once(apart)["auroc_area_matched"])
        assert once(apart)["auroc"] == once(judged)["auroc"]


def test_a_reliability_diagram_counted_by_hand() -> None:
    found = reliability(BY_HAND, bins=4)
    assert found.count.tolist() == [3, 1, 3, 3]
    assert found.mean_p == pytest.approx([0.5 / 3, 0.4, 0.6, 0.9])
    assert found.share_all == pytest.approx([1 / 3, 0, 2 / 3, 1])


def test_the_calibration_error_is_the_diagrams_and_an_empty_bin_says_nothing() -> None:
    found = reliability(BY_HAND)
    gap = np.abs(found.mean_p - found.share_all) * found.count
    assert once(BY_HAND)["ece"] == pytest.approx(np.nansum(gap) / 10)
    assert len(found.count) == 15
    assert np.array_equal(np.isnan(found.mean_p), found.count == 0)
    assert found.count[-1] == 1  # p = 1 belongs to the last bin

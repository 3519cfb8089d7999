"""evaluation.subject_bootstrap: draws of whole subjects, intervals beside a slow bootstrap that repeats the rows."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from leukolens.measure.held_out_metrics import Judged, metrics
from leukolens.measure.subject_bootstrap import auroc_gain, intervals, per_subject, subject_weights


def generated(seed: int = 0, *, all_: int = 5, hem: int = 3, both: int = 0, cells: int = 12) -> Judged:
    """Subjects with 1 to `cells` cells, each subject with its own offset."""
    random = np.random.default_rng(seed)
    labels: list[int] = []
    p_all: list[float] = []
    subjects: list[str] = []
    for name, classes in [
        *((f"{n}", (1,)) for n in range(all_)),
        *((f"H{n}", (0,)) for n in range(hem)),
        *((f"B{n}", (0, 1)) for n in range(both)),
    ]:
        offset = random.normal(0, 0.15)
        for label in classes:
            for _ in range(random.integers(1, cells + 1)):
                labels.append(label)
                p_all.append(round(float(np.clip(0.4 + 0.25 * label + offset + random.normal(0, 0.2), 0, 1)), 1))
                subjects.append(name)
    mixed = random.permutation(len(labels))
    return Judged(
        labels=np.array(labels)[mixed],
        p_all=np.array(p_all)[mixed],
        subjects=tuple(np.array(subjects)[mixed]),
        areas=np.round(random.uniform(400, 600, len(labels))),
    )


def test_a_subjects_cells_are_drawn_together() -> None:
    judged = generated()
    weights = subject_weights(judged, seed=0, draws=50)
    assert weights.shape == (50, len(judged.labels))
    for name in set(judged.subjects):
        of_subject = weights[:, np.array(judged.subjects) == name]
        assert np.array_equal(of_subject, np.repeat(of_subject[:, :1], of_subject.shape[1], axis=1))
    assert set(np.unique(weights)) >= {0, 1, 2, 3}


@pytest.mark.parametrize("both", [0, 2])
def test_each_draw_has_as_many_subjects_of_each_stratum(both: int) -> None:
    judged = generated(both=both)
    weights = subject_weights(judged, seed=1, draws=300)
    for letter, expected in (("H", 3), ("B", both), ("", 5)):
        named = [name for name in sorted(set(judged.subjects)) if name.rstrip("0123456789") == letter]
        first = [judged.subjects.index(name) for name in named]
        assert (weights[:, first].sum(axis=1) == expected).all()
    assert (weights[:, judged.labels == 0].sum(axis=1) > 0).all()
    assert (weights[:, judged.labels == 1].sum(axis=1) > 0).all()


def test_every_subject_is_drawn_once_on_average() -> None:
    judged = generated()
    assert subject_weights(judged, seed=2, draws=20_000).mean(axis=0) == pytest.approx(1, abs=0.03)


def test_draws_are_seeded_and_depend_on_the_subjects_not_on_the_order_of_the_cells() -> None:
    judged = generated()
    back = Judged(
        labels=judged.labels[::-1], p_all=judged.p_all[::-1], subjects=judged.subjects[::-1], areas=judged.areas[::-1]
    )
    weights = subject_weights(judged, seed=3, draws=20)
    assert np.array_equal(weights, subject_weights(back, seed=3, draws=20)[:, ::-1])
    assert not np.array_equal(weights, subject_weights(judged, seed=4, draws=20))


@pytest.mark.parametrize("both", [0, 2])
def test_intervals_are_those_of_a_plain_bootstrap_that_repeats_rows(both: int) -> None:
    judged, draws = generated(1, both=both), 150
    weights = subject_weights(judged, seed=5, draws=draws)
    rows: dict[str, list[float]] = {}
    for draw in weights.astype(int):
        cells = np.repeat(np.arange(len(draw)), draw)
        labels, p_all, areas = judged.labels[cells], judged.p_all[cells], judged.areas[cells]
        said = p_all >= 0.5
        false, true, _ = sk.roc_curve(labels, p_all, drop_intermediate=False)
        one, other = labels[:, None] > labels, np.maximum(areas[:, None], areas)
        like = one & (np.abs(areas[:, None] - areas) < 0.1 * other)
        above = (p_all[:, None] > p_all) + 0.5 * (p_all[:, None] == p_all)
        for name, value in {
            "weighted_f1": sk.f1_score(labels, said, average="weighted"),
            "f1": sk.f1_score(labels, said),
            "accuracy": sk.accuracy_score(labels, said),
            "auroc": sk.roc_auc_score(labels, p_all),
            "auprc": sk.average_precision_score(labels, p_all),
            "sensitivity": sk.recall_score(labels, said),
            "specificity": sk.recall_score(labels, said, pos_label=0),
            "sensitivity_at_90_specificity": true[1 - false >= 0.90 - 1e-9].max(),
            "sensitivity_at_95_specificity": true[1 - false >= 0.95 - 1e-9].max(),
            "specificity_at_95_sensitivity": 1 - false[true >= 0.95 - 1e-9].min(),
            "brier": sk.brier_score_loss(labels, p_all),
            "auroc_area_matched": above[like].mean() if like.any() else np.nan,
        }.items():
            rows.setdefault(name, []).append(value)
    drawn = metrics(judged, weights, threshold=0.5)
    found = intervals(judged, threshold=0.5, seed=5, draws=draws)
    assert found.keys() == {*rows, "ece"}
    for name, values in rows.items():
        assert drawn[name] == pytest.approx(np.array(values), abs=1e-9, nan_ok=True), name
        low, high = np.nanquantile(values, (0.025, 0.975))
        assert (found[name].low, found[name].high) == pytest.approx((low, high), abs=1e-9), name


def test_the_value_is_that_of_the_cells_as_they_are() -> None:
    judged = generated(2)
    found = intervals(judged, threshold=0.5, seed=0, draws=200)
    assert found["auroc"].value == pytest.approx(sk.roc_auc_score(judged.labels, judged.p_all))
    assert found["auroc"].low < found["auroc"].value < found["auroc"].high


def test_three_donors_make_ten_draws_and_a_single_one_no_interval() -> None:
    judged = generated(4, hem=3)
    specificity = metrics(judged, subject_weights(judged, seed=0), threshold=0.5)["specificity"]
    assert len(np.unique(np.round(specificity, 9))) <= 10
    alone = intervals(generated(4, hem=1), threshold=0.5, seed=0, draws=100)["specificity"]
    assert alone.low == alone.value == alone.high


def test_one_class_has_intervals_where_figures_are_defined() -> None:
    found = intervals(generated(hem=0), threshold=0.5, seed=0, draws=100)
    assert np.isnan([found["auroc"].value, found["auroc"].low, found["specificity"].high]).all()
    assert 0 <= found["sensitivity"].low < found["sensitivity"].high <= 1


def test_a_gain_is_the_difference_draw_by_draw() -> None:
    judged = generated(2)
    none = auroc_gain(judged, judged, seed=0, draws=100)
    assert (none.value, none.low, none.high) == (0, 0, 0)  # two intervals of their own would overlap widely
    flat = replace(judged, p_all=np.full(len(judged.labels), 0.5))
    gain, own = auroc_gain(judged, flat, seed=0, draws=100), intervals(judged, threshold=0.5, seed=0, draws=100)
    expected = [value - 0.5 for value in (own["auroc"].value, own["auroc"].low, own["auroc"].high)]
    assert [gain.value, gain.low, gain.high] == pytest.approx(expected)


BY_HAND = Judged(
    labels=np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 0]),
    p_all=np.array([0.1, 0.8, 0.2, 0.3, 0.9, 0.9, 0.5, 0.1, 0.7, 0.6]),
    subjects=("H1", "H1", "H2", "H2", "H2", "7", "7", "9", "9", "9"),
    areas=np.full(10, 100.0),
)


def test_subjects_counted_by_hand_the_worst_first() -> None:
    rows = per_subject(BY_HAND, threshold=0.5)
    assert [(row.subject, row.label, row.cells) for row in rows] == [
        ("9", "hem", 1),
        ("9", "all", 2),
        ("H1", "hem", 2),
        ("H2", "hem", 3),
        ("7", "all", 2),
    ]
    assert [row.right for row in rows] == pytest.approx([0, 1 / 2, 1 / 2, 2 / 3, 1])
    assert [row.mean_p_all for row in rows] == pytest.approx([0.6, 0.4, 0.45, 1.4 / 3, 0.7])


def test_among_equals_the_subject_with_more_cells_is_worse() -> None:
    judged = Judged(
        labels=np.zeros(6, np.int64),
        p_all=np.array([0.9, 0.9, 0.9, 0.9, 0.9, 0.1]),
        subjects=("H1", "H2", "H2", "H3", "H4", "H4"),
        areas=np.full(6, 100.0),
    )
    assert [row.subject for row in per_subject(judged, threshold=0.5)] == ["H2", "H1", "H3", "H4"]

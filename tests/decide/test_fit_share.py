"""The rows are those of plausible subjects, fewer donors make them differ more, and numpy gives what scipy does."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm, t

from leukolens.decide.calibrate import CalibrationError
from leukolens.decide.fit_share import (
    EDGES,
    LOCATIONS,
    MIN_CELLS,
    SPREADS,
    _student,
    bin_shares,
    fit_share_rule,
    subject_of,
    subjects_of_class,
)
from leukolens.decide.share import ShareRule, blast_share
from leukolens.measure.held_out_metrics import Judged


def subjects(random: np.random.Generator, blasts: int, donors: int, *, differ: float = 0.5, cells: int = 60) -> Judged:
    """Log-odds around 2 and −2, with a place of its own for each subject."""
    middles = np.r_[random.normal(2, differ, blasts), random.normal(-2, differ, donors)]
    labels = np.r_[np.ones(blasts, int), np.zeros(donors, int)]
    return Judged(
        labels=np.repeat(labels, cells),
        p_all=expit(np.repeat(middles, cells) + random.normal(0, 1, cells * len(middles))),
        subjects=tuple(np.repeat([f"s{n}" for n in range(len(middles))], cells)),
        areas=np.ones(cells * len(middles)),
    )


def rule_of(judged: Judged) -> ShareRule:
    blasts, normal = (subjects_of_class(judged.p_all, judged.labels, judged.subjects, label) for label in (1, 0))
    return fit_share_rule(blasts, normal)


def test_of_many_subjects_alike_the_rows_are_that_subjects() -> None:
    rule = rule_of(subjects(np.random.default_rng(0), 400, 400, differ=0.0, cells=200))
    assert len(rule.blasts) == LOCATIONS * SPREADS
    below = norm.cdf(np.log(np.array(EDGES) / (1 - np.array(EDGES))), 2, 1)
    expected = np.diff(below, prepend=0, append=1)
    assert np.mean(rule.blasts, axis=0) == pytest.approx(expected, abs=0.02)
    assert np.sum(rule.normal, axis=1) == pytest.approx(1, abs=1e-4)
    assert np.min(rule.normal) > 0


def test_fewer_donors_make_a_wider_interval() -> None:
    many = subjects(np.random.default_rng(1), 30, 30)
    donors = sorted({name for name, label in zip(many.subjects, many.labels, strict=True) if not label})
    kept = ~np.isin(many.subjects, donors[3:])
    few = Judged(
        labels=many.labels[kept],
        p_all=many.p_all[kept],
        subjects=tuple(np.array(many.subjects)[kept]),
        areas=many.areas[kept],
    )
    cells = expit(np.random.default_rng(2).normal(-2, 1, 100))
    assert blast_share(cells, rule_of(few)).high > blast_share(cells, rule_of(many)).high


def test_the_interval_covers_new_subjects_mixed_at_any_share() -> None:
    random = np.random.default_rng(3)
    rule = rule_of(subjects(random, 12, 12, differ=1.0))
    for share in (0.0, 0.2, 0.6, 1.0):
        held = []
        for _ in range(100):
            blasts, normal = random.normal(2, 1), random.normal(-2, 1)
            of_blasts = random.random(100) < share
            found = blast_share(expit(random.normal(np.where(of_blasts, blasts, normal), 1)), rule)
            held.append(found.low <= share <= found.high)
        assert np.mean(held) >= 0.93


def test_a_subject_of_both_classes_gives_rows_to_both() -> None:
    judged = subjects(np.random.default_rng(4), 3, 3)
    mixed = replace(judged, subjects=tuple(name.replace("s3", "s0") for name in judged.subjects))
    assert rule_of(mixed) == rule_of(judged)


def test_a_class_without_two_subjects_is_refused() -> None:
    with pytest.raises(CalibrationError, match="1 HEM subjects have 5 cells"):
        rule_of(subjects(np.random.default_rng(5), 3, 1))


def test_a_subject_is_summed_up_by_its_log_odds() -> None:
    found = subject_of(expit(np.array([-2.0, 0.0, 1.0, 3.0])))
    assert (found.cells, found.location) == (4, pytest.approx(0.5))
    assert found.spread == pytest.approx(np.std([-2, 0, 1, 3], ddof=1))
    assert np.isfinite(subject_of(np.array([0.0, 1.0])).location)


@pytest.mark.parametrize("freedom", [4, 5, 14, 60])
def test_students_quantiles(freedom: float) -> None:
    quantiles = (np.arange(13) + 0.5) / 13
    assert _student(quantiles, freedom) == pytest.approx(t.ppf(quantiles, freedom), abs=1e-6)


def test_bins_of_normal_log_odds() -> None:
    below = norm.cdf((np.log([0.25 / 0.75, 0.5 / 0.5]) - 1) / 2)
    assert bin_shares(1.0, 2.0, (0.25, 0.5)) == pytest.approx(np.diff(below, prepend=0, append=1))


def test_subjects_of_a_class_and_a_rule_that_needs_two() -> None:
    labels, names = (
        np.array([1] * MIN_CELLS * 2 + [0] * 9),
        ["a"] * MIN_CELLS + ["b"] * MIN_CELLS + ["x"] * 5 + ["y"] * 4,
    )
    p_all = np.where(labels == 1, 0.8, 0.2) + np.linspace(-0.1, 0.1, len(labels))
    blasts, normal = (subjects_of_class(p_all, labels, names, label) for label in (1, 0))
    assert [one.cells for one in blasts] == [MIN_CELLS] * 2
    assert blasts[0].location < blasts[1].location
    with pytest.raises(CalibrationError, match="1 HEM subjects have 5 cells"):
        fit_share_rule(blasts, normal)

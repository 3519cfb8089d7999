"""evaluate.share: the rows are those of plausible subjects, and fewer donors make them differ more."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from leukolens.decide.share import ShareRule, blast_share
from leukolens.measure.held_out_metrics import Judged
from leukolens.research.evaluate.calibration import CalibrationError
from leukolens.research.evaluate.share import EDGES, LOCATIONS, SPREADS, fit_share_rule, subject_of_summary, subjects_of


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
    return fit_share_rule(subjects_of(judged, 1), subjects_of(judged, 0))


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


@pytest.mark.parametrize(("location", "spread"), [(2.0, 1.4), (-1.5, 0.9), (-3.0, 1.7), (0.2, 2.0)])
def test_a_subject_is_found_again_by_its_calls_and_its_mean(location: float, spread: float) -> None:
    odds = norm.ppf((np.arange(20000) + 0.5) / 20000) * spread + location
    called = int((expit(odds) >= 0.35).sum())
    found = subject_of_summary(called, 20000, float(expit(odds).mean()), threshold=0.35)
    assert (found.location, found.spread) == (pytest.approx(location, abs=0.02), pytest.approx(spread, abs=0.02))


@pytest.mark.parametrize("called", [0, 40])
def test_a_subject_of_whom_all_is_called_or_nothing_has_a_place_too(called: int) -> None:
    found = subject_of_summary(called, 40, 0.05 + 0.9 * called / 40, threshold=0.35)
    assert np.isfinite([found.location, found.spread]).all()
    assert (found.location > 0) == bool(called)

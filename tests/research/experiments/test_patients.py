"""benchmark.patients: the rule comes from those who calibrate alone; every tested patient is counted once."""

import numpy as np
import pytest

from leukolens.research.evaluate.calibration import fit_patient_rule
from leukolens.research.evaluate.held_out_metrics import Judged
from leukolens.research.experiments.patients import counted, judge_patients


def cells(**patients: tuple[int, int]) -> Judged:
    """name=(cells called ALL, cells); names that begin with 'h' are healthy."""
    p_all = [np.r_[np.full(called, 0.9), np.full(all_of - called, 0.1)] for called, all_of in patients.values()]
    names = [name for name, (_, all_of) in patients.items() for _ in range(all_of)]
    return Judged(
        labels=np.array([int(not name.startswith("h")) for name in names]),
        p_all=np.concatenate(p_all),
        subjects=tuple(names),
        areas=np.ones(len(names)),
    )


INNER = cells(h1=(10, 40), h2=(2, 40), a1=(30, 40), a2=(40, 40))


def test_each_tested_patient_is_counted_once() -> None:
    tested = cells(h3=(1, 40), h4=(38, 40), h5=(0, 3), a3=(39, 40), a4=(20, 40), a5=(2, 40))
    found = judge_patients(INNER, tested, threshold=0.5)
    assert counted(found) == {
        "right": ["a3", "h3"],
        "wrong": ["a5", "h4"],
        "uncertain": ["a4"],
        "too few cells": ["h5"],
    }
    (healthy,) = (one for one in found["patients"] if one["subject"] == "h3")
    assert (healthy["verdict"], healthy["share_all"], healthy["label"]) == ("HEM", 1 / 40, "hem")


def test_the_rule_is_that_of_the_subjects_that_calibrate() -> None:
    found = judge_patients(INNER, cells(h3=(40, 40), a3=(0, 40)), threshold=0.5)
    rule = fit_patient_rule(INNER, threshold=0.5)
    assert (found["rule"]["hem_below"], found["rule"]["all_above"]) == pytest.approx((rule.hem_below, rule.all_above))


def test_without_a_rule_nobody_gets_a_verdict_and_the_reason_is_told() -> None:
    found = judge_patients(cells(h1=(0, 40), a1=(3, 3)), cells(h3=(40, 40)), threshold=0.5)
    assert found["rule"] is None
    assert "a class has no subject with 10 cells" in found["why_no_rule"]
    assert counted(found) == {"right": [], "wrong": [], "uncertain": [], "too few cells": []}

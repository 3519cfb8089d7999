"""patient: Wilson's interval beside scipy's, and a verdict only where the whole interval lies on one side."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from leukolens.decide.patient import PatientRule, PatientVerdict, patient_verdict, wilson

RULE = PatientRule(fewest_cells=5, hem_below=0.4, all_above=0.6)


def judge(called_all: int, cells: int, rule: PatientRule = RULE) -> PatientVerdict:
    return patient_verdict(np.r_[np.full(called_all, 0.7), np.full(cells - called_all, 0.1)], rule, threshold=0.7)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("called_all", "cells"), [(0, 1), (1, 1), (0, 20), (7, 20), (20, 20), (399, 405)])
def test_the_interval_is_scipys(called_all: int, cells: int, level: float) -> None:
    expected = binomtest(called_all, cells).proportion_ci(level, method="wilson")
    assert wilson(called_all, cells, level=level) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_known_interval() -> None:
    assert wilson(81, 263, level=0.95) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe 1998, Table I, method 3


@pytest.mark.parametrize(
    ("called_all", "cells", "verdict"),
    [
        (20, 20, "ALL"),
        (17, 20, "ALL"),  # low .640
        (16, 20, "uncertain"),  # low .584, though the share is .8
        (10, 20, "uncertain"),
        (4, 20, "uncertain"),
        (3, 20, "HEM"),
        (0, 20, "HEM"),
        (5, 5, "uncertain"),  # low .566
        (6, 6, "ALL"),  # low .610
        (4, 4, "too few cells"),
        (0, 0, "too few cells"),
    ],
)
def test_a_verdict_needs_the_whole_interval_on_one_side(called_all: int, cells: int, verdict: str) -> None:
    found = judge(called_all, cells)
    assert found.verdict == verdict
    assert found.cells == cells
    assert (found.low, found.high) == wilson(called_all, cells, level=0.95)


def test_the_share_counts_cells_from_the_threshold_upwards() -> None:
    found = patient_verdict(np.array([0.7, 0.69, 0.71, 0.1]), RULE, threshold=0.7)
    assert found.share_all == 0.5


def test_without_a_cell_nothing_is_known() -> None:
    assert judge(0, 0) == PatientVerdict(verdict="too few cells", cells=0, share_all=None, low=0, high=1)


def test_more_cells_of_the_same_share_make_it_certain() -> None:
    assert [judge(cells * 7 // 10, cells).verdict for cells in (10, 50, 100)] == ["uncertain", "uncertain", "ALL"]


@pytest.mark.parametrize(
    ("hue", "verdict"),
    [(283.4, "other stain"), (283.5, "ALL"), (296.0, "ALL"), (296.1, "other stain"), (None, "ALL")],
)
def test_another_stain_than_the_rule_knows_gets_no_verdict(hue: float | None, verdict: str) -> None:
    rule = replace(RULE, hues=(283.5, 296.0))
    p_all = np.full(20, 0.7)
    assert patient_verdict(p_all, rule, threshold=0.7, hue=hue).verdict == verdict
    assert patient_verdict(p_all, RULE, threshold=0.7, hue=hue).verdict == "ALL"
    assert patient_verdict(p_all[:4], rule, threshold=0.7, hue=hue).verdict == "too few cells"


def test_a_lower_level_is_sooner_certain() -> None:
    assert judge(16, 20, PatientRule(fewest_cells=5, hem_below=0.4, all_above=0.6, level=0.8)).verdict == "ALL"


def test_it_needs_neither_scipy_nor_a_training_library() -> None:
    code = "import sys, leukolens.decide.patient as _; print({'scipy', 'torch'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

"""decide.share: the likelihood beside a direct sum, and what subjects that differ do to the interval."""

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sharemaker import SHARE_RULE

from leukolens.decide.share import SHARES, ShareRule, blast_share, share_likelihood

KNOWN = replace(SHARE_RULE, blasts=((0.1, 0.9),), normal=((0.9, 0.1),))
"""A sensitivity and a specificity of .9, the same in every subject."""


def cells(called: int, others: int) -> np.ndarray:
    return np.r_[np.full(called, 0.9), np.full(others, 0.1)]


def test_with_one_sensitivity_and_specificity_it_is_rogan_and_gladens_estimate() -> None:
    found = blast_share(cells(58, 42), KNOWN)
    assert found.share == pytest.approx((0.58 + 0.9 - 1) / (0.9 + 0.9 - 1), abs=0.011)  # 0.6


def test_the_likelihood_is_the_mean_over_every_pair_of_subjects() -> None:
    found = share_likelihood(np.array([[3, 7]]), SHARE_RULE)[0]
    expected = [
        sum(
            (t * b[0] + (1 - t) * n[0]) ** 3 * (t * b[1] + (1 - t) * n[1]) ** 7
            for b in SHARE_RULE.blasts
            for n in SHARE_RULE.normal
        )
        for t in SHARES
    ]
    assert found == pytest.approx(np.array(expected) / max(expected))


def test_the_interval_is_where_the_likelihood_is_supported() -> None:
    found = blast_share(cells(58, 42), KNOWN)
    log = [58 * math.log(0.1 + 0.8 * t) + 42 * math.log(0.9 - 0.8 * t) for t in SHARES]
    inside = [t for t, one in zip(SHARES, log, strict=True) if one >= max(log) + math.log(0.1)]
    assert (found.low, found.high) == (inside[0], inside[-1])


def test_subjects_that_differ_make_it_wider() -> None:
    def width(rule: ShareRule) -> float:
        found = blast_share(cells(580, 420), replace(rule, worth=math.inf))
        return found.high - found.low

    assert width(KNOWN) < 0.1 < 0.2 < width(SHARE_RULE)


def test_more_cells_than_they_are_worth_add_nothing() -> None:
    few, many = (blast_share(cells(60 * n, 40 * n), KNOWN) for n in (1, 10))
    assert few == many
    assert blast_share(cells(30, 20), KNOWN).low < few.low


def test_a_p_on_an_edge_belongs_to_the_bin_above() -> None:
    assert blast_share(np.full(20, 0.5), KNOWN) == blast_share(np.full(20, 1.0), KNOWN)


@pytest.mark.parametrize(("called", "finding"), [(60, "above"), (25, "cannot tell"), (3, "no sign")])
def test_a_finding_needs_the_whole_interval_on_one_side_of_the_limit(called: int, finding: str) -> None:
    found = blast_share(cells(called, 100 - called), KNOWN)
    assert found.finding == finding
    assert (found.low > 0.2, found.high < 0.2) == (finding == "above", finding == "no sign")


@pytest.mark.parametrize("called", [0, 100])
def test_the_interval_reaches_none_and_all(called: int) -> None:
    found = blast_share(cells(called, 100 - called), SHARE_RULE)
    assert abs(found.share - called / 100) < 0.1
    assert called / 100 in (found.low, found.high)


def test_where_nothing_is_known_the_share_is_in_the_middle() -> None:
    alike = replace(SHARE_RULE, normal=SHARE_RULE.blasts)
    found = blast_share(cells(90, 10), alike)
    assert (found.low, found.share, found.high) == (0, pytest.approx(0.5, abs=0.01), 1)


def test_it_needs_neither_scipy_nor_a_training_library() -> None:
    code = "import sys, leukolens.decide.patient as _; print({'scipy', 'torch'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

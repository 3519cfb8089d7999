"""The share narrows while a reader works, and ends at Wilson's interval."""

import pytest

from leukolens.decide.read_share import read_share, wilson


def test_wilson_is_the_published_one() -> None:
    assert wilson(10, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)


def test_uncertain_cells_widen_it_until_they_are_read() -> None:
    before, after = read_share(10, 20, 10), read_share(15, 30, 0)
    assert before is not None
    assert after is not None
    assert (before.share, after.share) == (0.5, 0.5)
    assert before.low < after.low < after.share < after.high < before.high
    assert (after.low, after.high) == wilson(15, 30)


def test_without_a_counted_cell_there_is_no_share() -> None:
    assert read_share(0, 0, 5) is None

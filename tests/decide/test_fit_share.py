"""The share rule's fit without scipy is the one with it; what it gives is tested in research/evaluate/test_share."""

import numpy as np
import pytest
from scipy.stats import norm, t

from leukolens.decide.calibrate import CalibrationError
from leukolens.decide.fit_share import MIN_CELLS, _student, bin_shares, fit_share_rule, subjects_of_class


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

"""decide.cell: the verdict of one cell, with golden numbers."""

import numpy as np
import pytest

from leukolens.decide.cell import CellRule, decide, p_all, verdict

RULE = CellRule(threshold=0.5, temperature=2.0, band=(0.25, 0.75))


@pytest.mark.parametrize(
    ("p", "expected"), [(0.2, "HEM"), (0.25, "uncertain"), (0.5, "uncertain"), (0.75, "uncertain"), (0.76, "ALL")]
)
def test_the_band_holds_both_its_ends(p: float, expected: str) -> None:
    assert verdict(p, RULE) == expected


def test_without_a_band_there_is_always_an_answer_and_the_threshold_is_all() -> None:
    assert [verdict(p, CellRule(threshold=0.3)) for p in (0.29, 0.3)] == ["HEM", "ALL"]


def test_the_temperature_divides_the_log_odds() -> None:
    found = p_all(np.array([2 * np.log(3), -2 * np.log(3), 0, 1e4, -1e4], np.float32), RULE)
    assert found == pytest.approx([0.75, 0.25, 0.5, 1, 0], abs=1e-7)


def test_a_cell_is_decided_as_its_probability_is() -> None:
    found = decide(np.float32(4.0), RULE)
    assert (found.verdict, found.p_all, found.reason) == ("ALL", pytest.approx(0.880797, abs=1e-6), "")
    unsure = decide(np.float32(0.1), RULE)
    assert (unsure.verdict, unsure.reason) == ("uncertain", "p(ALL) lies inside the model's band")


def test_any_refusal_leaves_neither_a_verdict_nor_a_probability() -> None:
    found = decide(np.float32(9.0), RULE, refusals=["is not a cell", "is blurred"])
    assert (found.verdict, found.p_all, found.reason) == ("refused", None, "is not a cell; is blurred")

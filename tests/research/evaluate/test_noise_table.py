"""A row for each σ, the paper's under it where it has one, and columns that line up."""

import pytest
from evaluationmaker import evaluation

from leukolens.research.evaluate.noise_table import NOISE_COLUMNS, noise_table, plain


def test_measured_numbers_are_macro_averages() -> None:
    ((sigma, what, *values),) = noise_table(evaluation(), beside_paper=False)
    assert (sigma, what) == ("0", "measured")
    third = "0.667"  # two of three of either class
    assert values == [third, third, third, third, third, "0.889"]  # 8 of 9 pairs in the right order
    assert len(NOISE_COLUMNS) == 2 + len(values)


def test_the_paper_s_row_stands_under_the_same_fold_and_sigma() -> None:
    table = noise_table(evaluation(0.0, 6.0, 10.0, fold="1"), beside_paper=True)
    assert [row[:2] for row in table] == [
        ("0", "measured"),
        ("", "paper"),
        ("6", "measured"),  # the tables have no row for it
        ("10", "measured"),
        ("", "paper"),
    ]
    assert table[1] == ("", "paper", "0.95", "0.95", "0.95", "0.96", "0.948", "–")
    assert table[4][6] == "0.928"


@pytest.mark.parametrize("fold", [None, "prelim"])
def test_other_folds_stand_alone(fold: str | None) -> None:
    assert len(noise_table(evaluation(fold=fold), beside_paper=True)) == 1


def test_plain_text_lines_up() -> None:
    lines = plain(("σ", "accuracy"), [("0", "0.9"), ("10", "0.95")]).splitlines()
    assert lines == [" σ  accuracy", "--  --------", " 0       0.9", "10      0.95"]

"""The published numbers obey their own sums and rules, so that none of them was copied wrong."""

import pytest

from leukolens.research import published as paper


def test_the_folds_add_up_to_c_nmc() -> None:
    assert sum(fold["all"][3] for fold in paper.TABLE_1.values()) == 7272
    assert sum(fold["hem"][3] for fold in paper.TABLE_1.values()) == 3389


@pytest.mark.parametrize("label", ["all", "hem"])
@pytest.mark.parametrize("fold", ["0", "1", "2"])
def test_table_1_takes_70_and_10_per_cent_by_floors_and_the_rest(fold: str, label: str) -> None:
    train, val, test, total = paper.TABLE_1[fold][label]
    assert (train, val, test) == (total * 7 // 10, total // 10, total - total * 7 // 10 - total // 10)


@pytest.mark.parametrize("fold", ["0", "1", "2"])
def test_table_2_shows_every_hem_cell_of_training_twice(fold: str) -> None:
    before, after = paper.TABLE_2[fold]
    assert before == paper.TABLE_1[fold]["hem"][0]
    assert after == 2 * before


def test_table_4_adds_up() -> None:
    assert sum(paper.TABLE_4.values()) == paper.TABLE_4_TOTAL
    assert paper.TABLE_4_TRAINABLE + paper.TABLE_4_NON_TRAINABLE == paper.TABLE_4_TOTAL
    assert paper.TABLE_4["batch normalisation"] == 4 * 1024
    assert paper.TABLE_4["dense, softmax"] == 2 * 1024 + 2


ROWS = [(fold, sigma) for fold, rows in paper.TABLES_6_TO_8.items() for sigma in rows]


def test_tables_6_to_8_have_five_rows_for_each_fold() -> None:
    assert [(fold, sigma) for fold in ("0", "1", "2") for sigma in (0, 2, 5, 8, 10)] == ROWS


@pytest.mark.parametrize(("fold", "sigma"), ROWS)
def test_what_is_printed_as_auc_is_recall_to_rounding(fold: str, sigma: float) -> None:
    row = paper.TABLES_6_TO_8[fold][sigma]
    assert abs(row.balanced_accuracy - row.recall) <= 0.005 + 1e-9


@pytest.mark.parametrize(("fold", "sigma"), ROWS)
def test_every_figure_is_a_share_and_f1_lies_between_precision_and_recall(fold: str, sigma: float) -> None:
    row = paper.TABLES_6_TO_8[fold][sigma]
    assert all(0.9 < value < 1 for value in vars(row).values())
    assert min(row.precision, row.recall) - 0.011 <= row.f1 <= max(row.precision, row.recall) + 0.011

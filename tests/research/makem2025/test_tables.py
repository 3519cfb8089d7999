"""Every table stands beside the paper's: measured, published, and the difference between the two."""

from resultmaker import GOOD, WORSE, result
from storemaker import store

from leukolens.research.data.split import make_split
from leukolens.research.makem2025 import tables
from leukolens.research.settings import Augmentation, TrainSettings

STORES = {"0": store(), "9": store()}
SPLITS = {fold: make_split(one.cells, one.digests, protocol="paper", seed=0) for fold, one in STORES.items()}


def test_table_1_counts_the_parts_and_tells_the_difference() -> None:
    rows = tables.table_1(STORES, SPLITS).rows
    fold, label, measured, paper, difference = rows[0]
    numbers = list(map(int, measured.split(" / ")))
    assert (fold, label) == ("0", "ALL")
    assert numbers[3] == sum(numbers[:3]) == 18
    assert paper == "1677 / 239 / 481 / 2397"
    assert difference.split(" / ")[3] == "-2379"
    assert rows[2][3:] == ("–", "–")  # a fold that the paper has not


def test_table_2_counts_the_copies_only_with_balance() -> None:
    hem = sum(row >= 18 for row in SPLITS["0"].rows["train"])
    with_copies = tables.table_2(STORES, SPLITS, TrainSettings()).rows[0]
    without = tables.table_2(STORES, SPLITS, TrainSettings(balance=False)).rows[0]
    assert (with_copies[1], without[1]) == (f"{hem} / {2 * hem}", f"{hem} / {hem}")
    assert with_copies[3] == f"{hem - 791:+d} / {2 * hem - 1582:+d}"


def test_tables_3_and_5_are_the_settings_that_were_used() -> None:
    assert ("rotation", "30.0") in tables.table_3(Augmentation(rotation=30.0)).rows
    assert ("batch", "12") in tables.table_5(TrainSettings(batch=12)).rows
    assert not {"augmentation", "preprocess"} & {name for name, _ in tables.table_5(TrainSettings()).rows}


def test_table_4_is_counted_on_the_network() -> None:
    rows = tables.table_4(TrainSettings()).rows
    assert [row[-1] for row in rows] == ["+0"] * len(rows)
    assert rows[-3][2] == "3,235,010"


def test_noise_stands_beside_the_published_row_of_its_sigma() -> None:
    (table,) = tables.tables_6_to_8([result("mobilenet_m", GOOD, WORSE, sigmas=(0.0, 6.0)), result("alnett", GOOD)])
    rows = {(row[0], row[1]): row[2:] for row in table.rows}
    assert table.name == "noise_fold_0"
    assert rows["0", "accuracy"][1:] == ("0.96", "-0.027")
    assert rows["0", "accuracy"][0].startswith("0.933 [")
    assert rows["6", "accuracy"][1:] == ("–", "–")  # the paper has no such row


def test_ablation_and_alnett_stand_beside_theirs() -> None:
    results = [result("mcn", WORSE), result("mobilenet_m", GOOD), result("alnett")]
    ablation = {(row[1], row[2]): row[3:] for row in tables.table_9(results).rows}
    assert ablation["MCN", "accuracy"][1:] == ("0.57", "+0.230")
    assert ablation["MAC", "accuracy"][1:] == ("0.96", "-0.027")
    ten = {row[1]: row[2:] for row in tables.table_10(results).rows}
    assert ten["alnett"] == (tables.NOT_RUN, "0.922", "–")
    assert ten["mobilenet_m"][1:] == ("0.96", "-0.027")
    eleven = {row[2]: row for row in tables.table_11([*results, result("mma_mtl", WORSE)]).rows}
    assert eleven["mobilenet_m"][4] == "0.95"
    assert eleven["mma_mtl"][4:] == ("0.91", f"{result('mma_mtl', WORSE).metric('macro_f1') - 0.91:+.3f}")


def test_the_comparison_has_the_best_first_and_says_why_one_is_missing() -> None:
    results = [result("putzu_2014", WORSE), result("vgg16"), result("mobilenet_m", GOOD)]
    rows = tables.comparison(results).rows
    assert [row[1] for row in rows] == ["mobilenet_m", "putzu_2014", "vgg16"]
    assert rows[0][4] == ""  # itself
    assert rows[1][4].startswith("-0.133 [")
    assert rows[2][3:6] == (tables.NOT_RUN, "", "not asked for")
    assert [row[0] for row in tables.runs(results).rows] == ["putzu_2014-f0", "mobilenet_m-f0"]

"""Published beside measured, and a sentence where the order is another."""

from dataclasses import replace

import pytest
from resultmaker import GOOD, WORSE, result

from leukolens.research import published as paper
from leukolens.research.makem2025 import others
from leukolens.research.makem2025.cost import Cost
from leukolens.research.makem2025.results import Confusion
from leukolens.research.makem2025.systems import systems
from leukolens.research.makem2025.unseen import Unseen
from leukolens.research.settings import TrainSettings

BEST: Confusion = ((50, 0), (0, 100))


def test_figure_9_has_the_papers_five_and_says_which_was_not_run() -> None:
    rows = others.figure_9([result("mobilenet_m", GOOD), result("vgg16"), result("putzu_2014", GOOD)]).rows
    assert [row[1] for row in rows] == ["mobilenet_m", "vgg16"]
    assert [cell.split()[0] for cell in rows[0][2:]] == ["0.925", "0.925", "0.933", "0.925"]
    assert rows[1][2:] == ("not run",) * 4


def test_an_accuracy_stands_beside_the_published_one() -> None:
    (row,) = others.published([result("mondal_2021", GOOD), result("vgg16", GOOD)]).rows
    assert row[:2] == ("0", "mondal_2021")
    assert row[3:] == ("0.862", f"{140 / 150 - 0.862:+.3f}")


def test_every_pointer_is_to_a_system_and_carries_its_accuracy() -> None:
    assert {name for _, _, name, _ in others.SAME} <= set(systems(TrainSettings()))
    rows = others.same([result("alexnet", GOOD), result("alexnet", WORSE, fold="1")]).rows
    told = {row[:3]: row[4] for row in rows}
    first = told["Shafique & Tehsin 2018", "fine-tuned AlexNet", "alexnet"]
    assert first.startswith("fold 0: 0.933 [")
    assert "; fold 1: 0.800 [" in first
    assert told["Claro et al. 2020", "an Xception-like net", "xception"] == "not run"


def test_cost_stands_beside_both_accuracies() -> None:
    cost = Cost(parameters=3_211_074, giga_macs=0.568, megabytes=12.93, milliseconds=5.45, machine="here")
    unseen = Unseen(value=0.87, low=0.81, high=0.92, subjects=20)
    rows = others.costs([replace(result("mobilenet_m", GOOD), cost=cost, unseen=unseen), result("alnett", GOOD)]).rows
    (row,) = rows
    assert row[:6] == ("0", "mobilenet_m", "3.21", "0.57", "12.9", "5.5")
    assert row[7] == "0.870 [0.810–0.920]"


def test_the_extremes_of_figure_9_are_the_papers_or_not() -> None:
    same = [result("mobilenet_m", BEST), result("vgg16", GOOD), result("googlenet", WORSE)]
    (sentence,) = others.orders(same)
    assert sentence.startswith("Figure 9, fold 0: as in the paper, googlenet is lowest (0.800) and mobilenet_m highest")
    assert sentence.endswith("(2 of its 5 not run).")
    other = [result("mobilenet_m", GOOD), result("vgg16", WORSE), result("googlenet", BEST)]
    assert "unlike the paper, which has googlenet lowest" in others.orders(other)[0]
    assert others.orders(same[:1]) == []


@pytest.mark.parametrize(
    ("mma", "yolo", "told"),
    [
        (WORSE, GOOD, "the paper's order"),
        (GOOD, WORSE, "another order than the paper's mobilenet_m > yolo_like > mma_mtl"),
    ],
)
def test_table_11_says_whether_its_order_is_ours(mma: Confusion, yolo: Confusion, told: str) -> None:
    results = [result("mobilenet_m", BEST), result("mma_mtl", mma), result("yolo_like", yolo)]
    (sentence,) = [one for one in others.orders(results) if one.startswith("Table 11")]
    assert sentence.endswith(f"{told}.")
    assert set(paper.TABLE_11) == {one.job.system.name for one in results}

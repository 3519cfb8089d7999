"""Figure 9 has every system with its interval, and the picture of cost what each network multiplies."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from resultmaker import GOOD, WORSE, result

from leukolens.base import atomic
from leukolens.research.makem2025.compared import accuracy_against_cost, comparison, learning
from leukolens.research.makem2025.cost import Cost
from leukolens.research.makem2025.unseen import Unseen
from leukolens.research.train.history import Epoch

HERE = Path("figures")
COST = Cost(parameters=3_000_000, giga_macs=0.57, megabytes=12.9, milliseconds=5.5, machine="here")
UNSEEN = Unseen(value=0.7, low=0.6, high=0.8, subjects=9)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """Every figure that is to be written, by its file's name."""
    drawn: dict[str, Figure] = {}
    monkeypatch.setattr(atomic, "write_png", lambda path, figure: drawn.update({path.name: figure}))
    return drawn


def test_the_best_mean_over_folds_is_on_top(figures: dict[str, Figure]) -> None:
    results = [result("putzu_2014", WORSE), result("alnett", GOOD), result("alnett", WORSE, fold="1"), result("vgg16")]
    assert len(comparison(results, HERE)) == 1
    (axes,) = figures["figure_9.png"].axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["alnett", "putzu_2014"]
    points = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1]
    assert points == pytest.approx([140 / 150, 120 / 150, 120 / 150])
    low, high = axes.lines[0].get_xdata()
    assert low < 140 / 150 < high
    assert comparison([result("vgg16")], HERE) == []


def test_patients_never_seen_have_a_mark_of_their_own(figures: dict[str, Figure]) -> None:
    comparison([replace(result("alnett", GOOD), unseen=UNSEEN)], HERE)
    (axes,) = figures["figure_9.png"].axes
    assert [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "|" and len(line.get_xdata())] == [0.7]


def test_cost_stands_below_accuracy_on_the_fold_of_most_networks(figures: dict[str, Figure]) -> None:
    found = [replace(result(name, GOOD, fold="1"), cost=COST, unseen=UNSEEN) for name in ("mobilenet_m", "vgg16")]
    found += [replace(result("vgg16", WORSE), cost=COST), result("alnett", GOOD), result("mcn")]
    (picture,) = accuracy_against_cost(found, HERE)
    assert picture.caption.endswith("fold 1")
    (axes,) = figures["accuracy_against_cost.png"].axes
    assert {text.get_text() for text in axes.texts} == {"mobilenet_m", "vgg16"}
    points = {tuple(map(float, line.get_xydata()[0])) for line in axes.lines if len(line.get_xydata()) == 1}
    assert points == {(0.57, 140 / 150), (0.57, 0.7)}
    assert axes.get_xscale() == "log"
    assert accuracy_against_cost([result("alnett", GOOD)], HERE) == []


def test_names_do_not_run_into_each_other(figures: dict[str, Figure]) -> None:
    costs = {"efficientnet_lite0": 0.38, "mobilenet_m_short": 0.57, "resnet50": 3.9, "vgg16": 15.5, "vgg16_eca": 15.5}
    found = [replace(result(name, GOOD), cost=replace(COST, giga_macs=cost)) for name, cost in costs.items()]
    accuracy_against_cost(found, HERE)
    (axes,) = figures["accuracy_against_cost.png"].axes
    figures["accuracy_against_cost.png"].draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 5
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_learning_shows_the_short_schedule_alone(figures: dict[str, Figure]) -> None:
    losses = {"learning_rate": 1e-3, "train_loss": 1.0, "val_loss": 1.0, "seconds": 1.0}
    history = [Epoch(number=n, train_accuracy=0.6 + n / 10, val_accuracy=0.5 + n / 10, **losses) for n in (1, 2)]
    results = [replace(result(name, GOOD), history=history) for name in ("mobilenet_m", "vgg16")]
    assert len(learning(results, HERE)) == 1
    (axes,) = figures["learning.png"].axes
    assert axes.get_title() == "vgg16, fold 0"
    assert [list(line.get_ydata()) for line in axes.lines] == [pytest.approx([0.7, 0.8]), pytest.approx([0.6, 0.7])]
    assert learning(results[:1], HERE) == []

"""What is drawn is what was measured: the counts in their squares, the curve through its points."""

from pathlib import Path

import pytest
from evaluationmaker import evaluation
from matplotlib.figure import Figure
from PIL import Image

from leukolens.base import atomic
from leukolens.research.evaluate.plots import confusion, draw_confusion, roc


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Every figure that is written, as it is drawn."""
    drawn: list[Figure] = []
    real = atomic.write_png

    def kept(path: Path, figure: Figure) -> None:
        drawn.append(figure)
        real(path, figure)

    monkeypatch.setattr(atomic, "write_png", kept)
    return drawn


def test_counts_stand_at_truth_and_verdict_and_can_be_read_on_their_grey() -> None:
    axes = Figure().add_subplot()
    draw_confusion(axes, ((90, 1), (4, 5)))
    assert {tuple(map(int, text.get_position())): (text.get_text(), text.get_color()) for text in axes.texts} == {
        (0, 0): ("90", "white"),
        (1, 0): ("1", "black"),
        (0, 1): ("4", "black"),
        (1, 1): ("5", "black"),
    }
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("verdict", "truth")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["HEM", "ALL"]


def test_the_first_sigma_s_counts_are_drawn(tmp_path: Path, figures: list[Figure]) -> None:
    confusion(evaluation(5.0, 0.0), tmp_path / "x.png")
    (axes,) = figures[0].axes
    assert axes.get_title() == "σ 5"
    assert [text.get_text() for text in axes.texts] == ["2", "1", "1", "2"]
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.format == "PNG"


def test_a_curve_for_each_sigma_tells_its_area(tmp_path: Path, figures: list[Figure]) -> None:
    roc(evaluation(0.0, 10.0), tmp_path / "x.png")
    (axes,) = figures[0].axes
    assert [line.get_label() for line in axes.lines] == ["σ 0: 0.889", "σ 10: 0.889"]
    assert len({line.get_linestyle() for line in axes.lines}) == 2  # told apart without colour
    points = set(zip(*(values.tolist() for values in axes.lines[0].get_data()), strict=True))
    assert {(0.0, 0.0), (1.0, 1.0)} <= points
    assert any(false == 0 and true == pytest.approx(2 / 3) for false, true in points)

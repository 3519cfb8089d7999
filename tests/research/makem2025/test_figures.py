"""Figures show the stages, counts and means that they are named after."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from resultmaker import GOOD, WORSE, result

from leukolens.base import atomic
from leukolens.model.preprocess import Preprocess
from leukolens.research.makem2025 import figures as module
from leukolens.research.makem2025.figures import confusions, drawn_examples, histories, noise_levels, stages
from leukolens.research.settings import TrainSettings

SETTINGS = TrainSettings(preprocess=Preprocess(size=48))
HERE = Path("figures")


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """Every figure that is to be written, by its file's name."""
    drawn: dict[str, Figure] = {}
    monkeypatch.setattr(atomic, "write_png", lambda path, figure: drawn.update({path.name: figure}))
    return drawn


def titles(figure: Figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes]


def image(figure: Figure, title: str) -> np.ndarray:
    (axes,) = (axes for axes in figure.axes if axes.get_title() == title)
    return np.asarray(axes.images[0].get_array())


def test_stages_follow_the_pipeline_and_only_hem_loses_its_colour(figures: dict[str, Figure]) -> None:
    found = stages(drawn_examples(), SETTINGS, HERE)
    assert [picture.path.name for picture in found] == ["figure_3.png", "figure_4.png"]
    noisy = ["noise σ 3", "noise σ 9", "augmented 1", "augmented 2"]
    assert titles(figures["figure_3.png"]) == ["original", "crop 300, resize 48", *noisy]
    assert titles(figures["figure_4.png"]) == ["original", "crop 300, resize 48", "saturation 0", *noisy]
    grey = image(figures["figure_4.png"], "saturation 0")
    assert (grey == grey[..., :1]).all()
    assert image(figures["figure_3.png"], "noise σ 9").shape == (48, 48, 3)
    stages(drawn_examples(), replace(SETTINGS, balance=False, noise=(), augmentation=None), HERE)
    assert len(titles(figures["figure_4.png"])) == 2


def test_test_noise_is_as_strong_as_it_is_said(figures: dict[str, Figure]) -> None:
    noise_levels(drawn_examples(), SETTINGS, HERE)
    figure = figures["figure_7.png"]
    clean = image(figure, "clean").astype(float)
    inside = (clean > 30).all(axis=2)
    apart = [(image(figure, f"σ {sigma}") - clean)[inside].std() for sigma in (5, 10)]
    assert apart == pytest.approx([5, 10], rel=0.1)


def test_confusions_are_of_the_two_networks_that_were_run(figures: dict[str, Figure]) -> None:
    results = [result("mobilenet_m", GOOD), result("alnett"), result("putzu_2014", WORSE)]
    assert len(confusions(results, HERE)) == 1
    (axes,) = figures["figure_8.png"].axes
    assert axes.get_title() == "mobilenet_m, fold 0"
    assert [text.get_text() for text in axes.texts] == ["45", "5", "5", "95"]
    assert confusions(results[1:], HERE) == []


def test_a_history_for_each_fold_that_was_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []
    monkeypatch.setattr(module, "read_history", str)
    monkeypatch.setattr(module.pictures, "curves", lambda history, path: seen.append((history, path.name)))
    found = histories([result("mobilenet_m", GOOD, fold="1"), result("mobilenet_m"), result("alnett", GOOD)], HERE)
    assert seen == [("out/mobilenet_m-f1/history.csv", "figure_6_fold_1.png")]
    assert found[0].caption == "Figure 6: MobileNet_M on fold 1"

"""Fields made of cells: what the finder finds is matched to them, and a cell that it misses is not judged."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from leukolens.model.preprocess import Preprocess
from leukolens.predict.classifier import Classifier
from leukolens.research.data.phantoms import draw_cell
from leukolens.research.makem2025 import made_fields as module
from leukolens.research.makem2025.made_fields import detect, found_in, made_field, match, overlap

CELLS = [draw_cell("all" if number % 2 else "hem", np.random.default_rng(number)) for number in range(11)]


def found(box: tuple[float, float, float, float], confidence: float = 0.9) -> Any:
    return SimpleNamespace(box=box, confidence=confidence)


class Counting:
    """Answers with the share of red, and remembers how many it was asked about."""

    card = SimpleNamespace(preprocess=Preprocess())

    def __init__(self) -> None:
        self.asked: list[int] = []

    def probabilities(self, pixels: Sequence[np.ndarray]) -> np.ndarray:
        self.asked.append(len(pixels))
        assert all(image.shape == (224, 224, 3) and image.any() for image in pixels)
        return np.linspace(0.1, 0.9, len(pixels))


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 4, 4), (0, 0, 4, 4)) == 1
    assert overlap((0, 0, 4, 4), (2, 0, 6, 4)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 4, 4), (4, 4, 8, 8)) == 0


def test_the_surest_takes_the_box_and_the_rest_are_of_none() -> None:
    boxes = [(0.0, 0.0, 10.0, 10.0), (20.0, 0.0, 30.0, 10.0)]
    sure, unsure, elsewhere = found((0, 0, 10, 9), 0.9), found((0, 0, 10, 10), 0.5), found((50, 50, 60, 60))
    matched, extra = match([unsure, elsewhere, sure], boxes)
    assert (matched, extra) == ({0: sure}, 2)


def test_a_field_holds_nine_cells_and_the_finder_finds_them() -> None:
    field = made_field(CELLS[:9])
    assert field.shape == (1350, 1350, 3)
    assert np.array_equal(field[450:900, 900:1350], CELLS[5])
    assert 7 <= len(found_in(field)) <= 10


def test_every_cell_gets_an_answer_or_none() -> None:
    classifier = Counting()
    detected = detect(CELLS, cast(Classifier, classifier))
    assert detected.p_all.shape == (11,)
    assert np.isfinite(detected.p_all).sum() == sum(classifier.asked) >= 9


def test_what_is_not_found_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "found_in", lambda _: [found((1.0, 1.0, 2.0, 2.0))])
    detected = detect(CELLS[:2], cast(Classifier, Counting()))
    assert np.isnan(detected.p_all).all()
    assert detected.extra == 1

"""One loop asks a model: every row once, in order, changed as asked, and what it does not give stays None."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from leukolens.model.network_file import Scores
from leukolens.research.evaluate import answers as module
from leukolens.research.evaluate.answers import answers

PIXELS = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
ROWS = (7, 2, 9, 2, 0, 5, 1)


class Mean:
    """Answers the mean of what it sees."""

    def __init__(self, *, features: bool = True) -> None:
        self.features = features
        self.batches: list[int] = []

    def scores(self, rgb: NDArray[np.float32]) -> Scores:
        self.batches.append(len(rgb))
        assert rgb.dtype == np.float32
        assert rgb.shape[1:] == (3, 4, 4)
        mean = rgb.mean(axis=(1, 2, 3))
        return Scores(logit=mean, evidence=None, features=np.stack([mean] * 5, axis=1) if self.features else None)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 3)


def test_every_row_is_answered_in_order_a_few_at_a_time() -> None:
    model = Mean()
    found = answers(model, PIXELS, ROWS)  # type: ignore[arg-type]
    assert found.logit.tolist() == list(ROWS)
    assert model.batches == [3, 3, 1]
    assert found.features is not None
    assert found.features.shape == (7, 5)
    assert found.evidence is None


def test_what_a_network_does_not_give_is_none() -> None:
    assert answers(Mean(features=False), PIXELS, ROWS).features is None  # type: ignore[arg-type]


def test_a_change_is_told_which_rows_it_changes() -> None:
    seen: list[int] = []

    def change(rgb: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float32]:
        seen.extend(rows)
        return rgb + 100

    found = answers(Mean(), PIXELS, ROWS, change=change)  # type: ignore[arg-type]
    assert seen == list(ROWS)
    assert found.logit.tolist() == [row + 100 for row in ROWS]
    assert PIXELS.max() == 9  # the store stays as it was

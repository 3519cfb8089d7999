"""A model's raw answers to stored cells: one loop for everything that is measured."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from leukolens.base.progress import track
from leukolens.model.network_file import Scores, as_input
from leukolens.predict.classifier import Classifier

Rgb = NDArray[np.float32]
Change = Callable[[Rgb, Sequence[int]], Rgb]
"""(N, 3, H, W) float32, 0–255 RGB, and the N rows of the store that it shows → the same shape, changed."""
_AT_ONCE = 64
"""Cells in memory as float32, 39 MB; enough for every core to have a share."""


def answers(
    classifier: Classifier,
    pixels: NDArray[np.uint8],
    rows: Sequence[int],
    *,
    change: Change | None = None,
    said: str = "testing",
) -> Scores:
    """Raw scores of the rows, in their order.

    pixels: (M, size, size, 3) as a store holds them; change: what is done to the cells before; said: for the progress
    line.
    """
    found: list[Scores] = []
    with track(said, len(rows), unit="cells") as advance:
        for start in range(0, len(rows), _AT_ONCE):
            here = list(rows[start : start + _AT_ONCE])
            rgb = as_input(pixels[here])
            found.append(classifier.scores(rgb if change is None else change(rgb, here)))
            advance(len(here))
    return Scores(
        logit=np.concatenate([one.logit for one in found]),
        evidence=_joined([one.evidence for one in found]),
        features=_joined([one.features for one in found]),
    )


def _joined(parts: Sequence[Rgb | None]) -> Rgb | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None

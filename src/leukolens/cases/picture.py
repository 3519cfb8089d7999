"""Prediction → the pictures that the case keeps, so that a report can be made without the image."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukolens.cases.record import Picture
from leukolens.predict.prediction import FieldFacts, Prediction

SMALLER = 2
"""By how much each side shrinks: 112 px of the network's 224, printed at 1.2 inch. Whole numbers cost a third of any
other size (0.14 against 0.49 ms, measured on real cells)."""
QUALITY = 80
"""Of the JPEG. About 2.5 kB a cell (measured on generated and on real ones)."""


def picture_of(prediction: Prediction) -> Picture | None:
    """prediction: made with explain=True. None for a file that could not be read."""
    if prediction.pixels is None:
        return None
    evidence = prediction.evidence
    return Picture(
        jpeg=thumbnail(prediction.pixels),
        evidence=None if evidence is None else evidence.astype("<f4").tobytes(),
    )


def overview_of(facts: FieldFacts | None) -> bytes | None:
    """facts: made with explain=True. JPEG of the whole field; None without one."""
    return None if facts is None or facts.overview is None else _jpeg(Image.fromarray(facts.overview))


def evidence_of(stored: bytes) -> NDArray[np.float32]:
    """(7, 7) float32: each position's part in the log-odds of ALL, of which the logit is the mean."""
    flat = np.frombuffer(stored, "<f4")
    side = round(len(flat) ** 0.5)
    return flat.reshape(side, side).astype(np.float32)


def thumbnail(rgb: NDArray[np.uint8]) -> bytes:
    """(H, W, 3) uint8 RGB → JPEG of half that size."""
    return _jpeg(Image.fromarray(rgb).reduce(SMALLER))


def _jpeg(image: Image.Image) -> bytes:
    picture = io.BytesIO()
    image.save(picture, "JPEG", quality=QUALITY)
    return picture.getvalue()

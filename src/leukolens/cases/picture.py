"""Prediction → the picture that the case keeps of its cell, so that a report can be made without the image."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukolens.cases.record import Picture
from leukolens.predict.prediction import Prediction

THUMBNAIL = 112
"""Side in px: half the network's input, printed at 1.2 inch."""
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


def evidence_of(stored: bytes) -> NDArray[np.float32]:
    """(7, 7) float32: each position's part in the log-odds of ALL, of which the logit is the mean."""
    flat = np.frombuffer(stored, "<f4")
    side = round(len(flat) ** 0.5)
    return flat.reshape(side, side).astype(np.float32)


def thumbnail(rgb: NDArray[np.uint8]) -> bytes:
    """(H, W, 3) uint8 RGB → JPEG, THUMBNAIL px a side."""
    picture = io.BytesIO()
    Image.fromarray(rgb).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR).save(
        picture, "JPEG", quality=QUALITY
    )
    return picture.getvalue()

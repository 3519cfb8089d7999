"""Prediction → the pictures that the case keeps, so that a report can be made without the image."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukolens.cases.record import Picture
from leukolens.predict.prediction import FieldFacts, Prediction
from leukolens.predict.thumbnail import as_jpeg


def picture_of(prediction: Prediction) -> Picture | None:
    """prediction: made with explain=True. None for a file that could not be read."""
    if prediction.thumbnail is None:
        return None
    evidence = prediction.evidence
    return Picture(
        jpeg=prediction.thumbnail,
        evidence=None if evidence is None else evidence.astype("<f4").tobytes(),
    )


def overview_of(facts: FieldFacts | None) -> bytes | None:
    """facts: made with explain=True. JPEG of the whole field; None without one."""
    return None if facts is None or facts.overview is None else as_jpeg(Image.fromarray(facts.overview))


def evidence_of(stored: bytes) -> NDArray[np.float32]:
    """(7, 7) float32, or (4, 4): each position's part in the log-odds of ALL, of which the logit is the mean."""
    flat = np.frombuffer(stored, "<f4")
    side = round(len(flat) ** 0.5)
    return flat.reshape(side, side).astype(np.float32)

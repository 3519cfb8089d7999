"""A cell's class activation map (evidence map) → a picture for the page, and pictures as data URIs."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# cividis (Nuñez, Anderton & Renslow 2018, doi 10.1371/journal.pone.0199239) at 0, ¼, ½, ¾ and 1: its lightness rises
# evenly, so that the map reads the same in grey and to the colour-blind
_SCALE = np.array([(0, 34, 78), (67, 78, 108), (125, 124, 120), (188, 174, 108), (254, 232, 56)], np.float64)


def evidence_map(evidence: NDArray[np.float32], *, full: float) -> bytes:
    """(H, W) → PNG, a pixel for each position. Light speaks for ALL, dark for HEM, the middle grey for neither.

    full: the evidence, above 0, from which the colour is at its end.
    """
    place = (np.clip(evidence / full, -1, 1) + 1) / 2
    stops = np.linspace(0, 1, len(_SCALE))
    rgb = np.stack([np.interp(place, stops, _SCALE[:, channel]) for channel in range(3)], axis=-1)
    picture = io.BytesIO()
    Image.fromarray(rgb.round().astype(np.uint8)).save(picture, "PNG", optimize=True)
    return picture.getvalue()


def data_uri(picture: bytes, kind: str) -> str:
    """kind: 'jpeg' or 'png'."""
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"

"""One cell on black, as C-NMC cuts them, or a whole field?

Every picture is asked, so it takes microseconds, and no OpenCV: who has cut-outs alone need not install that.
"""

from typing import Literal

import numpy as np
from PIL import Image

from leukolens.images.decode import Rgb, as_image

Picture = Literal["field", "cut-out"]
_BLACK = 16
"""0–255, as `leukolens.cells.quality`: a cut-out's border is darker."""
_SIDE = 32
"""Places a side that are looked at."""
_LEAST_BLACK = 0.3
"""Share of a cut-out that is black at least."""
_LARGEST_CELL = 0.3
"""Share of a cut-out that its cell takes; C-NMC's largest takes 0.25. More, and bright, is an eyepiece's circle."""
_BRIGHT = 110
"""Green, 0–255: half of a field is brighter. C-NMC's cells have 18 to 49 (medians of 90 cells of fold 1)."""


def picture_kind(rgb: Rgb) -> Picture:
    """rgb: (H, W, 3) uint8, or Pillow's image. A cut-out has a black border and stands alone; the rest are fields."""
    small = as_image(rgb).resize((_SIDE, _SIDE), Image.Resampling.NEAREST).tobytes()
    places = np.frombuffer(small, np.uint8).reshape(_SIDE, _SIDE, 3)
    lit = np.asarray((places > _BLACK).any(2))
    border = np.concatenate([lit[0], lit[-1], lit[1:-1, 0], lit[1:-1, -1]])
    if 2 * np.count_nonzero(border) > border.size:
        return "field"
    share = np.count_nonzero(lit) / _SIDE**2
    if share > 1 - _LEAST_BLACK:
        return "field"
    bright = np.count_nonzero(places[..., 1] > _BRIGHT) / _SIDE**2
    return "field" if share > _LARGEST_CELL and bright > share / 2 else "cut-out"

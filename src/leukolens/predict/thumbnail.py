"""What the network saw of a cell → the small JPEG that a case keeps and a report shows.

It is made by the thread that judges, while the pixels are at hand: made later, by the one thread that writes the case,
it took a twentieth of a run (`bench/case_speed.py`).
"""

import io

from PIL import Image

SMALLER = 2
"""By how much each side shrinks: 112 px of the network's 224, printed at 1.2 inch. Whole numbers cost a third of any
other size (0.14 against 0.49 ms, measured on real cells)."""
QUALITY = 80
"""Of the JPEG. About 2.5 kB a cell (measured on generated and on real ones)."""


def thumbnail(image: Image.Image) -> bytes:
    """RGB → JPEG of half that size."""
    return as_jpeg(image.reduce(SMALLER))


def as_jpeg(image: Image.Image) -> bytes:
    """RGB, as large as it is."""
    picture = io.BytesIO()
    image.save(picture, "JPEG", quality=QUALITY)
    return picture.getvalue()

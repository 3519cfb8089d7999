"""What the network saw of a cell → the small JPEG that a case keeps and a report shows.

It is made by the thread that judges, while the pixels are at hand: made later, by the one thread that writes the case,
it took a twentieth of a run (`bench/case_speed.py`).
"""

import io

from PIL import Image

SIDE = 112
"""px, at least: half of the network's 224, all of the half form's 112, printed at 1.2 inch. Sides shrink by whole
numbers, which cost a third of any other size (0.14 against 0.49 ms, measured on real cells)."""
QUALITY = 80
"""Of the JPEG. About 2.5 kB a cell (measured on generated and on real ones)."""


def thumbnail(image: Image.Image) -> bytes:
    """RGB → JPEG, as small as whole numbers make it without going below SIDE."""
    return as_jpeg(image.reduce(max(1, min(image.size) // SIDE)))


def as_jpeg(image: Image.Image) -> bytes:
    """RGB, as large as it is."""
    picture = io.BytesIO()
    image.save(picture, "JPEG", quality=QUALITY)
    return picture.getvalue()

"""(H, W, 3) image → (224, 224, 3) network input: one crop and one resize for training, evaluation and prediction.

Makem et al. 2025 §3.2 step 1: crop at the centre so that the cell is kept, then resize to 224×224.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from PIL import Image

from leukolens.base.errors import ImageError
from leukolens.images.decode import Rgb, as_image


@dataclass(frozen=True, kw_only=True)
class Preprocess:
    """What happens to an image before the network; travels in the model card."""

    crop: Annotated[int, Meta(ge=1, le=65_535)] = 300
    """Side of the centred square that is kept, in pixels of the original (450 in C-NMC). The paper gives no figure;
    300 cuts 441 of the 7108 cells of folds 0 and 1, by 75 px at most (`leukolens data`, docs/data.md)."""

    size: Annotated[int, Meta(ge=1, le=4096)] = 224
    """Side of the network's input, in pixels."""


def to_network(rgb: Rgb, settings: Preprocess, *, name: Path | str) -> NDArray[np.uint8]:
    """Centre-crop and resize one image: (size, size, 3) uint8 RGB, 0–255. See `crop_and_resize`."""
    return np.asarray(crop_and_resize(rgb, settings, name=name))


def crop_and_resize(rgb: Rgb, settings: Preprocess, *, name: Path | str) -> Image.Image:
    """Likewise, as Pillow's image.

    rgb: (H, W, 3) uint8 RGB, or Pillow's image. Bilinear, antialiased (Pillow widens the filter by the scale, and at
    the crop's border reaches a pixel beyond it). Raises ImageError, naming `name`, when the image is smaller than the
    crop.
    """
    image = as_image(rgb)
    width, height = image.size
    if min(height, width) < settings.crop:
        raise ImageError(
            f"is {width}×{height} px, smaller than the crop of {settings.crop} px",
            path=name,
            hint="Give the image as the microscope software cut it, or train with a smaller --crop",
        )
    left, top = (width - settings.crop) // 2, (height - settings.crop) // 2
    box = (left, top, left + settings.crop, top + settings.crop)
    return image.resize((settings.size, settings.size), Image.Resampling.BILINEAR, box=box)


def half_extent(rgb: NDArray[np.uint8]) -> int:
    """How far the cell reaches from the image's centre along either axis, in pixels; 0 for an empty image.

    The background of a segmented cell is exactly black. A cell whose half extent exceeds crop / 2 is cut.
    """
    rows = np.flatnonzero(np.any(rgb, axis=(1, 2)))
    columns = np.flatnonzero(np.any(rgb, axis=(0, 2)))
    if not rows.size:
        return 0
    reaches = (_reach(rows, rgb.shape[0]), _reach(columns, rgb.shape[1]))
    return int(np.ceil(max(reaches)))


def _reach(lit: NDArray[np.intp], side: int) -> float:
    """From the middle of the axis to the outer edge of the farthest lit pixel."""
    return max(side / 2 - float(lit.min()), float(lit.max()) + 1 - side / 2)

"""A field's pixels → how much light its stain takes away, whatever the lamp and the camera's white.

Beer–Lambert: optical density is the logarithm of the empty slide's light over the pixel's, so that the same stain has
the same direction in (R, G, B) at each thickness. Two stains of a field are found as Macenko et al. (ISBI 2009) do:
the extreme directions in the plane of the two largest principal components. Statistics to be matched are Reinhard's
(2001), taken in optical density in place of Lab.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.shrink import shrunk

Rgb = NDArray[np.uint8]
Density = NDArray[np.float32]
_SAMPLE = 400
"""px of the longer side on which a whole field's colours are taken; each colour stands there thousands of times."""
_SMALLEST_SHARE = 0.02
"""Of the field. An empty place is at least this large."""


@dataclass(frozen=True, kw_only=True)
class Light:
    """What the empty slide looks like."""

    colour: tuple[float, float, float]
    """RGB, 0–255."""
    share: float
    """Of the field, 0–1: how much is about as bright."""


def find_light(rgb: Rgb) -> Light:
    """rgb: (H, W, 3) uint8. The brightest colour that takes up a fair part of the field.

    The mode, not the maximum: glints, burnt-in text and vacuoles are brighter than the slide.
    """
    small = shrunk(rgb, _SAMPLE)
    grey = cv2.GaussianBlur(small, (0, 0), 1).mean(2)
    counts = np.bincount(grey.astype(np.uint8).ravel(), minlength=256).astype(np.float64)
    counts[254:] *= 0.5  # clipped white is as often a frame as a slide
    smooth = np.convolve(counts, np.hanning(13) / np.hanning(13).sum(), "same") / grey.size
    peaks = np.flatnonzero((smooth[1:-1] >= smooth[:-2]) & (smooth[1:-1] > smooth[2:])) + 1
    share = np.array([smooth[max(0, peak - 8) : peak + 9].sum() for peak in peaks])
    wide = peaks[share >= max(_SMALLEST_SHARE, 0.2 * share.max(initial=0))]
    level = int(wide.max()) if wide.size else int(np.percentile(grey, 95))
    near = np.abs(grey - level) <= 6
    colour = np.median(small[near], axis=0) if near.any() else np.full(3, float(level))
    red, green, blue = (float(max(channel, 1)) for channel in colour)
    return Light(colour=(red, green, blue), share=float((grey >= level - 10).mean()))


def optical_density(rgb: Rgb, light: Light) -> Density:
    """(H, W, 3) uint8 → (H, W, 3) float32, natural logarithm, 0 where the slide is empty, at most log(255)."""
    table = -np.log(np.maximum(np.arange(256, dtype=np.float32), 1)[:, None] / np.array(light.colour, np.float32))
    table = np.maximum(table, 0).astype(np.float32)
    return np.stack([table[:, channel][rgb[..., channel]] for channel in range(3)], axis=-1)

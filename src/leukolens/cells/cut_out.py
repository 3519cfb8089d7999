"""A found cell → C-NMC's form: 450 × 450 px, the cell alone in the middle on exact black, at C-NMC's scale."""

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.find import FoundCell, filled
from leukolens.cells.stain import Rgb

SIDE = 450
"""px, as C-NMC."""
CNMC_UM_PER_PX = 0.055
"""µm a px of C-NMC's cut-outs. Its makers give none: .051 by normal lymphocytes of another laboratory, .058 by the
textbook's size of a blast, so the middle (docs/results/finding.md)."""


def cut_out(rgb: Rgb, cell: FoundCell, *, um_per_px: float) -> NDArray[np.uint8]:
    """rgb: (H, W, 3) uint8, the picture that the cell was found in, at um_per_px. Returns (450, 450, 3) uint8.

    One step of resampling, from the picture as it came. What is outside of the outline is black, as what is outside of
    the picture.
    """
    factor = um_per_px / CNMC_UM_PER_PX
    x, y = middle(cell)
    half = SIDE / 2 / factor
    left, top = max(0, int(x - half) - 4), max(0, int(y - half) - 4)
    part = rgb[top : int(y + half) + 5, left : int(x + half) + 5]
    if factor < 1:  # what lies between the places that are read would otherwise turn to grain
        part = np.asarray(cv2.GaussianBlur(part, (0, 0), 0.45 / factor), np.uint8)
    shift = np.array([[factor, 0, SIDE / 2 - (x - left) * factor], [0, factor, SIDE / 2 - (y - top) * factor]])
    shift[:, 2] += 0.5 * factor - 0.5  # from the corners of pixels to their middles
    large = cv2.warpAffine(part, shift, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    corner = (x - half, y - half)
    inside = filled(cell.outline, (SIDE, SIDE), factor=factor, corner=corner) > 0
    return np.asarray(np.where(inside[..., None], np.maximum(large, 1), 0), np.uint8)


def middle(cell: FoundCell) -> tuple[float, float]:
    """x, y of the centre of mass of the whole cell, px of the picture as it came."""
    moments = cv2.moments(cell.outline)
    if moments["m00"] == 0:
        x, y = cell.outline.mean(0)
        return float(x), float(y)
    return moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]

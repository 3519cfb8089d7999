"""A picture at another size: one way for the whole room. Means of areas downwards, cubic upwards."""

import cv2
import numpy as np
from numpy.typing import NDArray


def shrunk(rgb: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """(H, W, 3) → at most `longest` px a side; unchanged when it is no larger."""
    factor = longest / max(rgb.shape[:2])
    return rgb if factor >= 1 else resized(rgb, factor)


def resized(rgb: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """(H, W, 3) or (H, W) → factor times as large, at least 1 px a side."""
    height, width = (max(1, round(side * factor)) for side in rgb.shape[:2])
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=how), np.uint8)

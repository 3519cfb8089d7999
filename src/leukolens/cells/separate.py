"""Heat and pixels → one outline a cell. Where cells touch, each pixel goes to the middle that it flows to.

Watershed by flooding from the middles that the network found (Meyer 1992, in OpenCV), over how unlikely a pixel is to
belong to a white cell and how deep inside one it lies.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.network import STRIDE, Map

_REACH = 1.15
"""A cell's pixels lie within the ellipse this much larger than the one in its box; further out are red cells that the
pixels ran into."""


@dataclass(frozen=True, kw_only=True)
class Peak:
    """A middle, px of the picture that the network saw."""

    x: float
    y: float
    width: float
    height: float
    heat: float
    """0–1."""


def peaks(heat: Map, width: Map, height: Map, *, least: float) -> list[Peak]:
    """Local maxima of the heat, the hottest first; of two that share most of their boxes only the hotter."""
    top = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((heat >= top) & (heat >= least))
    order = np.argsort(-heat[rows, columns], kind="stable")
    found: list[Peak] = []
    boxes = np.empty((len(order), 4))
    for row, column in zip(rows[order], columns[order], strict=True):
        peak = Peak(
            x=STRIDE * (float(column) + 0.5),
            y=STRIDE * (float(row) + 0.5),
            width=float(width[row, column]),
            height=float(height[row, column]),
            heat=float(heat[row, column]),
        )
        box = np.array(_box(peak))
        if not found or _overlap(box, boxes[: len(found)]).max() < 0.45:
            boxes[len(found)] = box
            found.append(peak)
    return found


def _box(peak: Peak) -> tuple[float, float, float, float]:
    across, down = peak.width / 2, peak.height / 2
    return peak.x - across, peak.y - down, peak.x + across, peak.y + down


def _overlap(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) the shared area over that of the smaller box."""
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    areas = (others[:, 2:] - others[:, :2]).prod(1)
    return np.asarray(np.maximum(shared, 0).prod(1) / np.minimum(areas, (box[2:] - box[:2]).prod()))


def separated(cell: Map, middles: list[Peak], *, shape: tuple[int, int]) -> NDArray[np.int32]:
    """(H, W) of the picture that the network saw: the number of the middle, from 1, that owns each pixel; 0: none."""
    height, width = shape
    fine = cv2.resize(cell, (STRIDE * cell.shape[1], STRIDE * cell.shape[0]), interpolation=cv2.INTER_LINEAR)
    inside = (fine[:height, :width] >= 0.5) & (_drawn(middles, shape, size=_REACH) > 0)
    owner = np.zeros((height, width), np.int32)
    if not middles:
        return owner
    markers = _drawn(middles, shape, size=0.5)
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3)
    steep = 255 - np.clip(200 * depth / max(float(depth.max()), 1.0) + 55 * fine[:height, :width], 0, 255)
    background = len(middles) + 1
    markers[(markers == 0) & ~inside] = background
    flooded = cv2.watershed(np.repeat(steep.astype(np.uint8)[..., None], 3, 2), markers.copy())
    owner = np.asarray(flooded, np.int32)
    line = (owner < 0) & inside
    near = cv2.dilate(np.where(owner > 0, owner, 0).astype(np.float32) * (owner < background), np.ones((3, 3)))
    owner = np.where(line, near.astype(np.int32), owner).astype(np.int32)
    return np.where((owner == background) | (owner < 0), 0, owner).astype(np.int32)


def _drawn(middles: list[Peak], shape: tuple[int, int], *, size: float) -> NDArray[np.int32]:
    """(H, W) the number of the ellipse, `size` times the box it stands for, that covers each pixel; the last wins."""
    canvas = np.zeros(shape, np.int32)
    for number, peak in enumerate(middles, 1):
        middle = (round(16 * (peak.x - 0.5)), round(16 * (peak.y - 0.5)))
        axes = (max(16, round(8 * size * peak.width)), max(16, round(8 * size * peak.height)))
        cv2.ellipse(canvas, middle, axes, 0, 0, 360, number, -1, shift=4)
    return canvas

"""µm per pixel from the red cells in the picture: the only ruler that every smear brings with it.

A normal red cell is 7.5 µm across on a dried film. Red cells touch, overlap and are cut by the picture's edge, so whole
outlines are not asked for: each outline is split where it turns inwards, and a circle is fitted to each arc that is
left (Kåsa 1976). The diameter around which most of them gather is the red cell's.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.shrink import shrunk
from leukolens.cells.stain import Light, Rgb, find_light, optical_density

RED_CELL = 7.5
"""µm across, on a dried film."""
_LONGEST = 1024
"""px of the longer side on which outlines are drawn; more is slower and no more exact."""
_SMALLEST = 3.5
"""px, the smallest radius that is measured."""
_FEWEST = 3
"""Arcs below which there is no scale."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How large a pixel is."""

    um_per_px: float
    """µm, of the picture as it came."""
    error: float
    """Relative standard error, 0.05 is 5 %: from the spread of the red cells and that of people (4 %)."""
    source: str
    """'given', 'file' or 'red cells'."""
    red_cells: int = 0
    """How many arcs it was measured on."""


@dataclass(frozen=True, kw_only=True)
class Arc:
    """A piece of an outline and its circle, px of the picture in which it was found."""

    x: float
    y: float
    radius: float
    span: float
    """Degrees of the circle that the outline covers."""


def scale_from_red_cells(rgb: Rgb, light: Light | None = None) -> Scale | None:
    """rgb: (H, W, 3) uint8. None where fewer than three red cells show."""
    small = shrunk(rgb, _LONGEST)
    factor = max(rgb.shape[:2]) / max(small.shape[:2])
    light = light or find_light(rgb)
    arcs = list(_arcs(_outlined(small, light)))
    found = _gathered(np.array([2 * arc.radius for arc in arcs]), np.array([arc.span for arc in arcs]))
    if found is None:
        return None
    diameter, spread, count = found
    return Scale(
        um_per_px=RED_CELL / (diameter * factor),
        error=math.hypot(0.04, spread / math.sqrt(count)),
        source="red cells",
        red_cells=count,
    )


def _outlined(small: Rgb, light: Light) -> NDArray[np.uint8]:
    """(H, W) 255 where something lies on the slide, pale centres of red cells filled."""
    density = cv2.GaussianBlur(optical_density(small, light).max(2), (0, 0), 1)
    top = float(np.percentile(density, 99))
    level = _otsu(np.minimum(density, min(top, 0.6)))
    mask = (density > level).astype(np.uint8) * 255
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return np.asarray(mask, np.uint8)
    holes, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for hole, (*_, parent) in zip(holes, tree[0], strict=True):
        if parent >= 0 and _is_pale_centre(hole, holes[parent]):
            cv2.drawContours(mask, [hole], -1, 255, -1)
    return np.asarray(mask, np.uint8)


def _is_pale_centre(hole: NDArray[Any], around: NDArray[Any]) -> bool:
    """Round, and small beside what it lies in; gaps between cells are pointed."""
    area, length = cv2.contourArea(hole), cv2.arcLength(hole, True)
    return area < 20 or (4 * math.pi * area > 0.6 * length**2 and area < 0.5 * cv2.contourArea(around))


def _otsu(values: NDArray[np.float32]) -> float:
    top = float(values.max()) or 1.0
    level, _ = cv2.threshold((255 / top * values).astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return float(level) * top / 255


def _arcs(mask: NDArray[np.uint8]) -> Iterator[Arc]:
    """Circles of all arcs that turn outwards, 140° and longer and within 6 % of round."""
    height, width = mask.shape
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        points = contour[:, 0].astype(np.float64)
        if len(points) < 5 * _SMALLEST:
            continue
        for piece in _split(points, (width, height)):
            arc = _circle(piece)
            if arc is not None:
                yield arc


def _split(points: NDArray[np.float64], size: tuple[int, int]) -> Iterator[NDArray[np.float64]]:
    """(N, 2) closed outline → runs that turn outwards and do not lie on the picture's edge."""
    count = len(points)
    reach = int(np.clip(count / 14, 3, 22))
    smooth = _smoothed(points, max(1, reach // 3))
    before, after = np.roll(smooth, reach, 0) - smooth, np.roll(smooth, -reach, 0) - smooth
    turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turn = turn / (np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1) + 1e-9)
    at_edge = ((points < 2) | (points > np.array(size) - 3)).any(1)
    bad = (turn < -0.12) | at_edge
    if not bad.any():
        yield smooth
        return
    start = int(np.flatnonzero(bad)[0])
    smooth, bad = np.roll(smooth, -start, 0), np.roll(bad, -start)
    change = np.flatnonzero(np.diff(np.concatenate(([1], bad.astype(np.int8), [1]))))
    for first, last in zip(change[0::2], change[1::2], strict=True):
        if last - first > 2 * _SMALLEST:
            yield smooth[first:last]


def _smoothed(points: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Each point the mean of its neighbours, around the closed outline."""
    kernel = np.hanning(2 * reach + 3)[1:-1]
    kernel /= kernel.sum()
    padded = np.concatenate([points[-reach:], points, points[:reach]])
    return np.stack([np.convolve(padded[:, axis], kernel, "valid") for axis in (0, 1)], axis=1)


def _circle(points: NDArray[np.float64]) -> Arc | None:
    """Kåsa's circle through (N, 2) points; None where it is not one."""
    centre = points.mean(0)
    x, y = (points - centre).T
    system = np.stack([x, y, np.ones_like(x)], axis=1)
    (a, b, c), *_ = np.linalg.lstsq(system, x**2 + y**2, rcond=None)
    squared = c + (a**2 + b**2) / 4
    if squared <= _SMALLEST**2:
        return None
    radius = math.sqrt(squared)
    distance = np.hypot(x - a / 2, y - b / 2)
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    span = math.degrees(length / radius)
    if span < 140 or float(np.std(distance)) > 0.06 * radius:
        return None
    return Arc(x=float(centre[0] + a / 2), y=float(centre[1] + b / 2), radius=radius + 0.5, span=min(span, 360.0))


def _gathered(
    diameters: NDArray[np.float64], spans: NDArray[np.float64], width: float = 0.22
) -> tuple[float, float, int] | None:
    """The median of the diameters that lie closest together, their relative spread and number.

    Weight is the span times the diameter: dust is plenty but small, and half an outline tells half as much.
    """
    if len(diameters) < _FEWEST:
        return None
    places, weights = np.log(diameters), spans * diameters**1.5
    near = np.abs(places[:, None] - places[None, :])
    support = (weights * np.clip(1 - near / width, 0, 1)).sum(1)
    middle = places[int(support.argmax())]
    inside = np.abs(places - middle) < width
    if inside.sum() < _FEWEST:
        return None
    order = np.argsort(diameters[inside])
    running = np.cumsum(spans[inside][order])
    median = float(diameters[inside][order][int(np.searchsorted(running, running[-1] / 2))])
    return median, float(np.std(places[inside])), int(inside.sum())

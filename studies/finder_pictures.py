"""Published boxes → the pictures and the white cells from which the finder learns.

A white cell's outline is what is not slide inside the ellipse of its box, its nucleus the darker class by Otsu's
threshold. Pictures are brought to red cells of `RED_CELL_PX`, the size at which the network sees.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from finding_sources import Box, red_cell, rgb_of
from numpy.typing import NDArray

from leukolens.cells.network import RED_CELL_PX
from leukolens.cells.stain import Density, find_light, optical_density

Mask = NDArray[np.uint8]
KINDS = ("WBC", "RBC", "Platelets")
"""As the sources name them, in the order of the network's heat maps."""
WHITE, RED = 0, 1
"""Places in KINDS."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A field, a red cell RED_CELL_PX across."""

    density: NDArray[np.float16]
    """(H, W, 3) optical density."""
    boxes: NDArray[np.float32]
    """(N, 5) kind (a place in KINDS), then left, top, right and bottom in px."""
    white: Mask
    """(H, W) 1 in a white cell."""
    nuclei: Mask
    """(H, W) 1 in a white cell's nucleus."""
    numbers: Mask
    """(H, W) the number of the white cell, from 1; 0 outside."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A white cell on its own, to be pasted."""

    density: NDArray[np.float32]
    """(h, w, 3) optical density."""
    mask: NDArray[np.float32]
    """(h, w) 0–1, part of the cell."""
    nucleus: NDArray[np.float32]
    """(h, w) 0–1, part of its nucleus."""


def read_picture(path: Path, boxes: Sequence[tuple[str, Box]]) -> Picture | None:
    """boxes: kind, and px of the file. None where too few red cells are boxed to tell the scale."""
    rgb = rgb_of(path)
    across = red_cell(list(boxes), rgb.shape)
    if across is None:
        return None
    zoom = RED_CELL_PX / across
    small = np.asarray(cv2.resize(rgb, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA), np.uint8)
    density = optical_density(small, find_light(rgb))
    zoomed = [(KINDS.index(kind), scaled(box, zoom)) for kind, box in boxes if kind in KINDS]
    red = [box for kind, box in zoomed if kind == RED]
    white, nuclei, numbers = (np.zeros(density.shape[:2], np.uint8) for _ in range(3))
    number = 0
    for kind, box in zoomed:
        if kind == WHITE and (outlined := outline(density, box, red)):
            cell, nucleus = outlined
            white |= cell
            nuclei |= nucleus
            number += 1
            numbers[cell > 0] = number
    rows = np.array([(kind, *box) for kind, box in zoomed], np.float32)
    return Picture(density=density.astype(np.float16), boxes=rows, white=white, nuclei=nuclei, numbers=numbers)


def scaled(box: Box, zoom: float) -> Box:
    x0, y0, x1, y1 = (side * zoom for side in box)
    return x0, y0, x1, y1


def outline(density: Density, box: Box, red: Iterable[Box]) -> tuple[Mask, Mask] | None:
    """(H, W) of the white cell in `box` and (H, W) of its nucleus; None for a box of fewer than 12 px.

    red: boxes of red cells; what they cover is not the white cell's, save where the nucleus is or both have one middle.
    """
    rows, columns = np.mgrid[: density.shape[0], : density.shape[1]] + 0.5
    x, y, half_width, half_height = middle_and_halves(box)
    inside = (np.abs((columns - x) / half_width) ** 2.3 + np.abs((rows - y) / half_height) ** 2.3) < 1
    if inside.sum() < 12:
        return None
    green = density[..., 1]
    nucleus = inside & (green > otsu(green[inside]))
    cell = inside & (cv2.GaussianBlur(density.max(2), (0, 0), 0.7) > 0.06)
    for other in red:
        other_x, other_y, a, b = middle_and_halves(other)
        if ((other_x - x) / half_width) ** 2 + ((other_y - y) / half_height) ** 2 > 0.8:
            covered = ((columns - other_x) / (0.9 * a)) ** 2 + ((rows - other_y) / (0.9 * b)) ** 2 < 1
            cell &= ~covered | nucleus
    whole = largest_part(cell.astype(np.uint8))
    if whole[inside].mean() < 0.75:
        whole = inside.astype(np.uint8)
    return whole, nucleus.astype(np.uint8)


def middle_and_halves(box: Box) -> tuple[float, float, float, float]:
    """x, y of the middle, half the width, half the height."""
    x0, y0, x1, y1 = box
    return (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2


def otsu(densities: NDArray[np.float32]) -> float:
    """densities: (N,) 0–3. The threshold that parts them best into two classes."""
    grey = np.clip(densities / 3 * 255, 0, 255).astype(np.uint8)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return level / 255 * 3


def largest_part(mask: Mask) -> Mask:
    """(H, W): smoothed, the largest connected part alone, its holes filled."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    smooth = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc), cv2.MORPH_OPEN, disc)
    count, parts, statistics, _ = cv2.connectedComponentsWithStats(smooth)
    if count > 1:
        smooth = (parts == 1 + statistics[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    contours, _ = cv2.findContours(smooth, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(smooth, contours, -1, 1, -1)
    return np.asarray(smooth, np.uint8)


def whole_cells(pictures: Iterable[Picture]) -> list[Cell]:
    """The white cells that no edge cuts and that fill at least half of their boxes."""
    return [
        cell
        for picture in pictures
        for box in picture.boxes
        if box[0] == WHITE and (cell := cut_out(picture, box)) is not None
    ]


def cut_out(picture: Picture, box: NDArray[np.float32]) -> Cell | None:
    """box: (5,) one of the picture's. None for a cell at the edge, or one without an outline of its own."""
    height, width = picture.white.shape
    _, x0, y0, x1, y1 = box
    if not (x0 > 1 and y0 > 1 and x1 < width - 1 and y1 < height - 1):
        return None
    number = picture.numbers[int((y0 + y1) / 2), int((x0 + x1) / 2)]
    place = slice(int(y0), int(y1) + 1), slice(int(x0), int(x1) + 1)
    mask = (picture.numbers[place] == number).astype(np.float32)
    if number == 0 or mask.mean() < 0.5:
        return None
    nucleus = picture.nuclei[place].astype(np.float32)
    return Cell(density=picture.density[place].astype(np.float32), mask=mask, nucleus=nucleus)

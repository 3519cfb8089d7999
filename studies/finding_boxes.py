"""White cells against published boxes: recall, precision, and the scale from red cells, each way beside the others.

A detection counts where IoU with a published box is at least .5, each box once; platelets and what is likely not a
white cell (confidence below .5) are not detections.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from finding_sources import Box, Labelled, red_cell, rgb_of
from numpy.typing import NDArray
from skimage.segmentation import watershed

from leukolens.cells.field import read_field
from leukolens.cells.find import SURE_HEAT
from leukolens.cells.scale import RED_CELL
from leukolens.cells.stain import find_light, optical_density

Finds = Callable[[NDArray[np.uint8]], list[Box]]
"""(H, W, 3) → boxes of white cells."""


def finder(model: Path) -> Finds:
    """The project's own, with this network."""

    def finds(rgb: NDArray[np.uint8]) -> list[Box]:
        cells = read_field(rgb, model=model).cells
        return [cell.box for cell in cells if cell.kind != "platelets" and cell.confidence >= SURE_HEAT]

    return finds


def otsu(rgb: NDArray[np.uint8]) -> list[Box]:
    """Otsu's threshold on green density, watershed over the distance transform."""
    density = optical_density(rgb, find_light(rgb))[..., 1]
    grey = (255 * np.clip(density / 2, 0, 1)).astype(np.uint8)
    _, mask = cv2.threshold(cv2.GaussianBlur(grey, (0, 0), 2), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return parted(np.asarray(mask, np.uint8))


def parted(mask: NDArray[np.uint8]) -> list[Box]:
    """(H, W) 255 in white cells → a box a cell: watershed from the deepest places, parts of more than 0.3 %."""
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    _, seeds = cv2.connectedComponents((depth > 0.5 * depth.max()).astype(np.uint8))
    parts = watershed(-depth, seeds, mask=mask > 0)
    boxes: list[Box] = []
    for label in range(1, int(parts.max()) + 1):
        part = (parts == label).astype(np.uint8)
        if part.sum() > 0.003 * part.size:
            x, y, width, height = cv2.boundingRect(part)
            boxes.append((x, y, x + width, y + height))
    return boxes


def table(sources: Mapping[str, Sequence[Labelled]], ways: Mapping[str, Mapping[str, Finds]]) -> None:
    """Print a row a source and way. ways: name → source → how."""
    print("| source | fields | way | recall | precision | s a field |")
    print("|---|---|---|---|---|---|")
    for source, pictures in sources.items():
        for name, by_source in ways.items():
            if source not in by_source:
                continue
            counts, began = np.zeros(3, int), time.process_time()
            for path, boxes in pictures:
                counts += matched(by_source[source](rgb_of(path)), [box for kind, box in boxes if kind == "WBC"])
            hits, false, missed = counts
            spent = (time.process_time() - began) / max(len(pictures), 1)
            recall, precision = hits / max(hits + missed, 1), hits / max(hits + false, 1)
            print(f"| {source} | {len(pictures)} | {name} | {recall:.3f} | {precision:.3f} | {spent:.2f} |", flush=True)


def scales(sources: Mapping[str, Sequence[Labelled]]) -> None:
    """Print how well the red cells' scale agrees with the median of their published boxes."""
    print("\n| source | fields with three whole red cells | scale within 8 % | median ratio | no scale |")
    print("|---|---|---|---|---|")
    for source, pictures in sources.items():
        ratios, without, asked = [], 0, 0
        for path, boxes in pictures:
            rgb = rgb_of(path)
            if (across := red_cell(boxes, rgb.shape)) is None:
                continue
            asked += 1
            scale = read_field(rgb).scale
            without += scale is None
            if scale is not None:
                ratios.append(RED_CELL / scale.um_per_px / across)
        within = (np.abs(np.array(ratios) - 1) < 0.08).sum() / max(asked, 1)
        print(f"| {source} | {asked} | {within:.2f} | {np.median(ratios):.2f} | {without} |", flush=True)


def matched(found: list[Box], published: list[Box]) -> NDArray[np.int_]:
    """(3,) hits, false ones, missed ones."""
    left = list(published)
    hits = 0
    for box in found:
        best = max(left, key=lambda other: overlap(box, other), default=None)
        if best is not None and overlap(box, best) >= 0.5:
            left.remove(best)
            hits += 1
    return np.array([hits, len(found) - hits, len(left)])


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, across) * max(0.0, down)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / max(areas - shared, 1e-9)

"""Detection and classification in two steps, in the place of YOLO v4 (Khandekar et al. 2021): find, then judge.

Fields are made of the test's cells, nine each on an empty slide, so that each cell's place and class are known. Our
finder (`leukolens.cells`) looks for them, each one found is cut out by the finder's outline, and a network of the
comparison judges it. What is not found counts as judged wrongly. There are no red cells on these fields and no cells
that touch: finding is easier here than on a smear, and docs/results/finding.md has real ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.cut_out import CNMC_UM_PER_PX, SIDE, cut_out
from leukolens.cells.find import FoundCell, cells_in, view_of
from leukolens.cells.stain import Light
from leukolens.model.preprocess import to_network
from leukolens.predict.classifier import Classifier

ACROSS = 3
"""Cells a side of a field."""
LIGHTER = 2.2
"""C-NMC's cells are darker than a smear's; the finder sees them so much lighter."""
SLIDE = (236.0, 226.0, 222.0)
"""RGB of the empty slide."""
OVERLAP = 0.5
"""Of a found box with a cell's own, intersection over union, from which the cell is found (Pascal VOC's)."""

Rgb = NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Detected:
    """What became of N cells."""

    p_all: NDArray[np.float64]
    """(N,) probability of ALL; NaN where the cell was not found."""
    extra: int
    """Found cells that are none."""


def detect(cells: Sequence[Rgb], classifier: Classifier) -> Detected:
    """cells: N × (450, 450, 3) uint8 on black."""
    p_all = np.full(len(cells), np.nan)
    extra = 0
    for start in range(0, len(cells), ACROSS**2):
        here = cells[start : start + ACROSS**2]
        field = made_field(here)
        matched, beside = match(found_in(field), [_box(field, place) for place in range(len(here))])
        extra += beside
        if matched:
            images = [cut_out(field, cell, um_per_px=CNMC_UM_PER_PX) for cell in matched.values()]
            pixels = [to_network(image, classifier.card.preprocess, name="a found cell") for image in images]
            p_all[[start + place for place in matched]] = classifier.probabilities(pixels)
    return Detected(p_all=p_all, extra=extra)


def made_field(cells: Sequence[Rgb]) -> Rgb:
    """At most nine cells on black, row by row."""
    field = np.zeros((ACROSS * SIDE, ACROSS * SIDE, 3), np.uint8)
    for place, cell in enumerate(cells):
        row, column = divmod(place, ACROSS)
        field[SIDE * row : SIDE * (row + 1), SIDE * column : SIDE * (column + 1)] = cell
    return field


def found_in(field: Rgb) -> list[FoundCell]:
    """The finder's cells on the field with light behind it."""
    lit = np.clip(field * LIGHTER, 0, 255).astype(np.uint8)
    lit[(field == 0).all(axis=2)] = SLIDE
    lit = np.asarray(cv2.GaussianBlur(lit, (0, 0), 1.5), np.uint8)  # cut-outs have edges that no slide has
    return cells_in(view_of(lit, Light(colour=SLIDE, share=1.0), um_per_px=CNMC_UM_PER_PX))


def match(found: Sequence[FoundCell], boxes: Sequence[Box]) -> tuple[dict[int, FoundCell], int]:
    """The surest found cell of each box by its place, and how many found cells are of none."""
    matched: dict[int, FoundCell] = {}
    for cell in sorted(found, key=lambda cell: -cell.confidence):
        overlaps = [0.0 if place in matched else overlap(cell.box, box) for place, box in enumerate(boxes)]
        best = int(np.argmax(overlaps))
        if overlaps[best] >= OVERLAP:
            matched[best] = cell
    return matched, len(found) - len(matched)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes x0, y0, x1, y1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / (areas - shared)


def _box(field: Rgb, place: int) -> Box:
    """Around what is not black at a place of the field."""
    row, column = divmod(place, ACROSS)
    part = field[SIDE * row : SIDE * (row + 1), SIDE * column : SIDE * (column + 1)]
    y, x = np.nonzero(part.any(axis=2))
    left, top = SIDE * column, SIDE * row
    return float(left + x.min()), float(top + y.min()), float(left + x.max() + 1), float(top + y.max() + 1)

"""Found cells → what `leukolens find` writes: a line a cell, QuPath's GeoJSON, the field with outlines, masks.

GeoJSON: RFC 7946 as QuPath 0.5 reads and writes it, one Feature of objectType 'cell' a cell, with its nucleus beside
the outline; coordinates are px of the picture as it came, y downwards.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.find import FoundCell, Kind, filled
from leukolens.report.geojson import collection, feature, ring

COLUMNS = ("field", "cell", "x0", "y0", "x1", "y1", "kind", "confidence", "um_per_px", "area_um2", "touching", "reason")
COLOURS: dict[Kind, tuple[int, int, int]] = {
    "lymphoid": (0, 150, 0),
    "other_white": (0, 90, 220),
    "smudge": (130, 70, 0),
    "platelets": (200, 0, 200),
    "cut": (110, 110, 110),
    "unsure": (230, 130, 0),
}
"""RGB; apart for colour-blind readers by their lightness too."""


def row(name: str, number: int, cell: FoundCell, um_per_px: float | None) -> dict[str, Any]:
    """As COLUMNS name it. name: the field's; number: the cell's, from 1; um_per_px: None where nothing tells it."""
    box = dict(zip(("x0", "y0", "x1", "y1"), (f"{side:.1f}" for side in cell.box), strict=True))
    return {
        "field": name,
        "cell": number,
        **box,
        "kind": cell.kind,
        "confidence": f"{cell.confidence:.3f}",
        "um_per_px": "" if um_per_px is None else f"{um_per_px:.4f}",
        "area_um2": "" if um_per_px is None else f"{cell.area:.1f}",
        "touching": "yes" if cell.touching else "no",
        "reason": cell.reason,
    }


def geojson(cells: Sequence[FoundCell]) -> dict[str, Any]:
    """A FeatureCollection that QuPath opens by drag and drop."""
    return collection([found_feature(number, cell) for number, cell in enumerate(cells, 1)])


def found_feature(number: int, cell: FoundCell) -> dict[str, Any]:
    """A Feature of QuPath's, with the nucleus beside the outline."""
    measurements = {"confidence": round(cell.confidence, 4), "area µm^2": round(cell.area, 2)}
    made = feature(number, cell.outline, name=cell.kind, colour=COLOURS[cell.kind], measurements=measurements)
    if cell.nucleus:
        lobes = [[ring(lobe)] for lobe in cell.nucleus]
        made["nucleusGeometry"] = {"type": "MultiPolygon", "coordinates": lobes}
    return made


def overlay(rgb: NDArray[np.uint8], cells: Sequence[FoundCell]) -> NDArray[np.uint8]:
    """(H, W, 3) with each cell outlined in the colour of its kind, and its number."""
    drawn = rgb.copy()
    for number, cell in enumerate(cells, 1):
        draw(drawn, number, cell)
    return np.asarray(drawn, np.uint8)


def draw(rgb: NDArray[np.uint8], number: int, cell: FoundCell, *, factor: float = 1.0) -> None:
    """One cell into (H, W, 3), which is `factor` times as large as the picture that the cell was found in."""
    thick = max(1, max(rgb.shape[:2]) // 500)
    colour = COLOURS[cell.kind]
    for line, width in ((cell.outline, thick), *((lobe, max(1, thick // 2)) for lobe in cell.nucleus)):
        cv2.polylines(rgb, [np.round(factor * line).astype(np.int32)], True, colour, width, cv2.LINE_AA)
    at = (max(0, round(factor * cell.box[0])), max(14 * thick, round(factor * cell.box[1]) - 3))
    cv2.putText(rgb, str(number), at, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * thick, colour, thick, cv2.LINE_AA)


def mask(shape: tuple[int, int], cells: Sequence[FoundCell]) -> NDArray[np.uint8]:
    """(H, W) 255 nucleus, 128 the rest of a white cell, 0 else."""
    image = np.zeros(shape, np.uint8)
    for cell in cells:
        image[filled(cell.outline, shape) > 0] = 128
    for cell in cells:
        for lobe in cell.nucleus:
            image[filled(lobe, shape) > 0] = 255
    return image

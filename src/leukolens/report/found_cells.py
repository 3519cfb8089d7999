"""Found cells → what `leukolens find` writes: a line a cell, QuPath's GeoJSON, the field with outlines, masks.

GeoJSON: RFC 7946 as QuPath 0.5 reads and writes it, one Feature of objectType 'cell' a cell, with its nucleus beside
the outline; coordinates are px of the picture as it came, y downwards.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.field import Field
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


def rows(name: str, field: Field) -> Iterator[dict[str, Any]]:
    """A row a cell, as COLUMNS name it; cells are numbered from 1."""
    scale = "" if field.scale is None else f"{field.scale.um_per_px:.4f}"
    for number, cell in enumerate(field.cells, 1):
        box = dict(zip(("x0", "y0", "x1", "y1"), (f"{side:.1f}" for side in cell.box), strict=True))
        yield {
            "field": name,
            "cell": number,
            **box,
            "kind": cell.kind,
            "confidence": f"{cell.confidence:.3f}",
            "um_per_px": scale,
            "area_um2": f"{cell.area:.1f}" if scale else "",
            "touching": "yes" if cell.touching else "no",
            "reason": cell.reason,
        }


def geojson(cells: Sequence[FoundCell]) -> dict[str, Any]:
    """A FeatureCollection that QuPath opens by drag and drop."""
    return collection([_feature(number, cell) for number, cell in enumerate(cells, 1)])


def _feature(number: int, cell: FoundCell) -> dict[str, Any]:
    measurements = {"confidence": round(cell.confidence, 4), "area µm^2": round(cell.area, 2)}
    made = feature(number, cell.outline, name=cell.kind, colour=COLOURS[cell.kind], measurements=measurements)
    if cell.nucleus:
        lobes = [[ring(lobe)] for lobe in cell.nucleus]
        made["nucleusGeometry"] = {"type": "MultiPolygon", "coordinates": lobes}
    return made


def overlay(rgb: NDArray[np.uint8], cells: Sequence[FoundCell]) -> NDArray[np.uint8]:
    """(H, W, 3) with each cell outlined in the colour of its kind, and its number."""
    drawn = rgb.copy()
    thick = max(1, max(rgb.shape[:2]) // 500)
    for number, cell in enumerate(cells, 1):
        colour = COLOURS[cell.kind]
        cv2.polylines(drawn, [np.round(cell.outline).astype(np.int32)], True, colour, thick, cv2.LINE_AA)
        for lobe in cell.nucleus:
            cv2.polylines(drawn, [np.round(lobe).astype(np.int32)], True, colour, max(1, thick // 2), cv2.LINE_AA)
        at = (max(0, round(cell.box[0])), max(14 * thick, round(cell.box[1]) - 3))
        cv2.putText(drawn, str(number), at, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * thick, colour, thick, cv2.LINE_AA)
    return np.asarray(drawn, np.uint8)


def mask(shape: tuple[int, int], cells: Sequence[FoundCell]) -> NDArray[np.uint8]:
    """(H, W) 255 nucleus, 128 the rest of a white cell, 0 else."""
    image = np.zeros(shape, np.uint8)
    for cell in cells:
        image[filled(cell.outline, shape) > 0] = 128
    for cell in cells:
        for lobe in cell.nucleus:
            image[filled(lobe, shape) > 0] = 255
    return image

"""Cells of a field → GeoJSON (RFC 7946) as QuPath 0.5 reads and writes it; px of the field, y downwards."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leukolens.cases.reading import Group, ReadCell

COLOURS: dict[Group, tuple[int, int, int]] = {
    "ALL": (166, 60, 6),
    "HEM": (11, 90, 148),
    "uncertain": (107, 78, 150),
    "other kind": (29, 107, 69),
    "not assessable": (87, 96, 106),
    "not judged": (87, 96, 106),
    "not a cell": (87, 96, 106),
}
"""RGB, as the review page shows them."""


def collection(features: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A FeatureCollection that QuPath opens by drag and drop."""
    return {"type": "FeatureCollection", "features": list(features)}


def feature(
    number: int | None,
    points: Iterable[Iterable[float]],
    *,
    name: str,
    colour: tuple[int, int, int],
    measurements: Mapping[str, float],
) -> dict[str, Any]:
    """A Feature of objectType 'cell'. points: its outline; name, colour: of its class."""
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring(points)]},
        "properties": {
            "objectType": "cell",
            "name": str(number),
            "classification": {"name": name, "color": list(colour)},
            "measurements": dict(measurements),
        },
    }


def read_cell(cell: ReadCell) -> dict[str, Any]:
    """A Feature, classified as what the cell counts as now, with both verdicts as metadata."""
    measured = {"p(ALL)": cell.p_all, "area µm^2": cell.area_um2}
    said = {"software": cell.verdict, "reader": cell.word.verdict, "note": cell.word.note, "read by": cell.word.reader}
    made = feature(
        cell.number,
        outline(cell),
        name=cell.group,
        colour=COLOURS[cell.group],
        measurements={name: round(value, 4) for name, value in measured.items() if value is not None},
    )
    made["properties"]["metadata"] = {name: text for name, text in said.items() if text}
    return made


def outline(cell: ReadCell) -> tuple[tuple[float, float], ...]:
    """Its polygon, px of the field, or its box where it has none; () for a cut-out."""
    if cell.polygon or cell.box is None:
        return cell.polygon
    x0, y0, x1, y1 = cell.box
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def ring(points: Iterable[Iterable[float]]) -> list[list[float]]:
    """Closed by its first point, as RFC 7946 §3.1.6 asks."""
    closed = [[round(float(x), 2), round(float(y), 2)] for x, y in points]
    return [*closed, closed[0]]

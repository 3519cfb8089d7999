"""GeoJSON of a field's cells as QuPath reads it."""

from pathlib import Path

from handmaker import BOXES, POLYGON, case_to_hand_on, reading

from leukolens.report.geojson import COLOURS, outline, read_cell, ring


def test_a_cell_has_its_closed_outline_its_class_and_both_verdicts(tmp_path: Path) -> None:
    with case_to_hand_on(tmp_path) as case:
        cells = {cell.number: cell for cell in reading(case).cells if cell.box}
    feature = read_cell(cells[1])
    (closed,) = feature["geometry"]["coordinates"]
    assert closed == [*map(list, POLYGON), list(POLYGON[0])]
    assert feature["properties"]["classification"] == {"name": "ALL", "color": list(COLOURS["ALL"])}
    assert feature["properties"]["measurements"] == {"p(ALL)": 0.9, "area µm^2": 80.0}
    assert feature["properties"]["metadata"] == {"software": "ALL"}
    x0, y0, x1, y1 = BOXES[1]
    assert ring(outline(cells[2]))[:3] == [[x0, y0], [x1, y0], [x1, y1]]

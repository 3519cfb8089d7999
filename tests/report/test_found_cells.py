import pytest
from jsonschema import ValidationError
from qupath import opens

from leukolens.cells.field import read_field
from leukolens.report.found_cells import COLUMNS, geojson, mask, overlay, row
from leukolens.research.data.phantom_fields import FieldSettings, draw_field


@pytest.fixture(scope="module")
def drawn():
    rgb = draw_field(FieldSettings()).rgb
    return rgb, read_field(rgb)


def test_geojson_is_qupaths(drawn):
    _, field = drawn
    collection = geojson(field.cells)
    assert opens(collection) == 2
    assert all("nucleusGeometry" in feature for feature in collection["features"])
    collection["features"][0]["geometry"]["coordinates"][0].pop()  # an outline that is not closed
    with pytest.raises(ValueError, match="rings MUST have the same start and end"):
        opens(collection)


def test_qupath_knows_no_other_kind_of_object_and_no_colour_beyond_255(drawn):
    _, field = drawn
    for name, value in (("objectType", "blast"), ("classification", {"name": "ALL", "color": [256, 0, 0]})):
        collection = geojson(field.cells)
        collection["features"][0]["properties"][name] = value
        with pytest.raises(ValidationError):
            opens(collection)


def test_a_row_a_cell_in_px_of_the_picture(drawn):
    _, field = drawn
    lines = [row("slide", number, cell, 0.1) for number, cell in enumerate(field.cells, 1)]
    assert [line["cell"] for line in lines] == [1, 2]
    assert (lines[0]["um_per_px"], row("slide", 1, field.cells[0], None)["area_um2"]) == ("0.1000", "")
    assert tuple(lines[0]) == COLUMNS
    assert float(lines[0]["x0"]) == pytest.approx(field.cells[0].box[0], abs=0.06)


def test_overlay_and_mask_have_the_pictures_size(drawn):
    rgb, field = drawn
    assert overlay(rgb, field.cells).shape == rgb.shape
    drawn_mask = mask(rgb.shape[:2], field.cells)
    assert {0, 128, 255} == set(drawn_mask.ravel().tolist())

import pytest
import realdata

from leukolens.cells.field import find_cells, read_field
from leukolens.images.decode import read_rgb
from leukolens.research.data.phantom_fields import FieldSettings, draw_field


def _shared(one, other):
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0, width) * max(0, height)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return both / (areas - both)


@pytest.mark.parametrize("um_per_px", [0.08, 0.15, 0.3])
def test_white_cells_are_found_at_any_scale_and_nothing_else_is(um_per_px):
    drawn = draw_field(FieldSettings(um_per_px=um_per_px))
    cells = find_cells(drawn.rgb)
    assert len(cells) == len(drawn.white)
    for box in drawn.white:
        assert max(_shared(cell.box, box) for cell in cells) > 0.75


def test_the_scale_comes_from_the_red_cells():
    field = read_field(draw_field(FieldSettings(um_per_px=0.1, seed=2)).rgb)
    assert field.scale.source == "red cells"
    assert field.scale.um_per_px == pytest.approx(0.1, rel=0.15)


def test_touching_cells_are_two_and_say_so():
    drawn = draw_field(FieldSettings(white=((25, 25), (36, 25), (60, 40)), seed=1))
    cells = find_cells(drawn.rgb)
    assert sorted(cell.touching for cell in cells) == [False, True, True]


def test_a_cell_at_the_edge_is_cut():
    drawn = draw_field(FieldSettings(white=((3, 30), (50, 30)), seed=5))
    assert sorted(cell.kind for cell in find_cells(drawn.rgb, 0.15)) == ["cut", "lymphoid"]


def test_a_field_without_white_cells_says_so():
    field = read_field(draw_field(FieldSettings(white=(), seed=3)).rgb)
    assert not field.cells
    assert [reason.kind for reason in field.reasons] == ["no white cells"]


def test_a_given_scale_that_contradicts_the_red_cells_is_named():
    field = read_field(draw_field(FieldSettings()).rgb, 0.25)
    assert "scale" in [reason.kind for reason in field.reasons]
    assert not field.judged


def test_a_coarse_field_is_found_but_not_judged():
    field = read_field(draw_field(FieldSettings(um_per_px=0.3, size_um=(120, 90))).rgb)
    assert field.cells
    assert "too coarse" in [reason.kind for reason in field.reasons]


def test_fields_of_red_cells_alone_give_nothing_to_judge():
    judged = 0
    for path in sorted(realdata.shared("fields/chula/dataset").iterdir())[::8]:
        judged += sum(cell.kind == "lymphoid" for cell in find_cells(read_rgb(path)))
    assert judged == 0


def test_the_camera_fields_show_their_blasts():
    path = sorted(realdata.shared("fields/all_fields/peybey").iterdir())[0]
    field = read_field(read_rgb(path))
    assert field.scale is not None
    assert len(field.cells) >= 4

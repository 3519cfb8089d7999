from pathlib import Path

from casemaker import answer, judged

from leukolens import Case
from leukolens.cases.fields import count_fields, fields_of
from leukolens.cases.record import Cell

POINTS = ((1.0, 2.0), (3.5, 2.0), (3.5, 4.0))


def test_fields_come_with_their_outlines_and_cut_outs_do_not(tmp_path: Path) -> None:
    cells = [answer(cell=Cell(number=number, polygon=POINTS)) for number in (1, 2)]
    with Case.create(tmp_path / "x.case") as case:
        case.add([judged("cell.bmp"), judged("b.jpg", *cells, kind="field", width=8, height=6, overview=b"jpeg")])
        case.add([judged("a.jpg", answer(cell=None, verdict="refused"), kind="field", sha256="1" * 64)])
        first, second = fields_of(case)
        assert count_fields(case) == 2
    assert (first.path, first.width, first.height, first.jpeg) == ("b.jpg", 8, 6, b"jpeg")
    assert first.polygons == {1: POINTS, 2: POINTS}
    assert (second.path, second.jpeg, second.polygons) == ("a.jpg", None, {})

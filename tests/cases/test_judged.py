"""What the case keeps of a field is where each cell lies, with all digits; of a cut-out that it is one."""

from dataclasses import replace

import numpy as np
from fieldmaker import field

from leukolens import Classifier
from leukolens.cases.judged import judged_of
from leukolens.cases.record import Cell
from leukolens.cases.row import row_of
from leukolens.predict.prediction import FieldFacts, Judgement, Prediction

ONE = Prediction(path="a.bmp", verdict="HEM", p_all=0.1234567890123, model_id="x", sha256="ff", hue=287.26)


def test_a_cut_out_is_one_cell_without_a_place() -> None:
    kept = judged_of([row_of(ONE, patient="P")], Judgement(predictions=(ONE,)), pictures=False)
    assert (kept.kind, kept.path, kept.patient, kept.answers[0].cell) == ("cut-out", "a.bmp", "P", Cell())
    assert (kept.answers[0].p_all, kept.answers[0].hue) == (ONE.p_all, ONE.hue)


def test_a_file_that_could_not_be_read_has_no_cell() -> None:
    unread = replace(ONE, verdict=None, p_all=None)
    kept = judged_of([row_of(unread, patient="")], Judgement(predictions=(unread,)), pictures=True)
    assert (kept.kind, kept.answers[0].cell, kept.overview) == ("unreadable", None, None)


def test_a_field_without_a_white_cell_has_none() -> None:
    none = replace(ONE, verdict="refused", p_all=None)
    judgement = Judgement(predictions=(none,), field=FieldFacts(size=(8, 6)))
    kept = judged_of([row_of(none, patient="")], judgement, pictures=True)
    assert (kept.kind, kept.width, kept.height, kept.answers[0].cell) == ("field", 8, 6, None)


def test_a_fields_cells_lie_where_they_were_found() -> None:
    rgb = field()
    (judgement,) = Classifier().judge([rgb], explain=True)
    rows = [row_of(one, patient="P") for one in judgement.predictions]
    kept = judged_of(rows, judgement, pictures=True)
    assert [one.cell.number for one in kept.answers if one.cell] == [1, 2]
    assert (kept.width, kept.height) == (rgb.shape[1], rgb.shape[0])
    assert kept.um_per_px_source == "red cells"
    assert kept.overview is not None
    for one, (x, y) in zip(kept.answers, ((250, 250), (580, 400)), strict=True):
        assert one.cell is not None
        assert one.cell.box is not None
        x0, y0, x1, y1 = one.cell.box
        assert x0 < x < x1
        assert y0 < y < y1
        points = np.array(one.cell.polygon)
        assert (points.min(0) >= (x0, y0)).all()
        assert (points.max(0) <= (x1, y1)).all()
        assert one.cell.kind == "lymphoid"
        assert one.picture is not None

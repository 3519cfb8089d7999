from leukolens.predict.prediction import Prediction, content_of


def test_cells_of_one_field_differ_and_a_copy_of_the_field_has_the_same() -> None:
    assert len({content_of("ff", cell) for cell in (None, 1, 2)}) == 3
    assert content_of("ff", 1) == content_of("ff", 1)
    assert content_of("", 1) == ""


def test_a_prediction_has_the_content_of_its_cell() -> None:
    one = Prediction(path="a", cell=3, kind="lymphoid", verdict="ALL", p_all=1.0, model_id="x", sha256="ff")
    assert one.content == content_of("ff", 3)

"""A prediction is what it says: what was only shown takes no part in telling two of them apart."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from leukolens.predict.prediction import Prediction, content_of

ONE = Prediction(path="a.bmp", verdict="ALL", p_all=0.9, model_id="0" * 12, sha256="f" * 64)


def test_pictures_neither_tell_two_apart_nor_fill_the_screen() -> None:
    shown = replace(ONE, pixels=np.zeros((224, 224, 3), np.uint8), evidence=np.ones((7, 7), np.float32))
    assert shown == ONE
    assert "array" not in repr(shown)
    assert replace(ONE, p_all=0.8) != ONE
    assert replace(ONE, reason="is grey") != ONE


def test_the_same_bytes_are_the_same_content_under_any_name() -> None:
    assert replace(ONE, path="b.bmp").content == ONE.content != ""
    assert replace(ONE, sha256="e" * 64).content != ONE.content
    assert replace(ONE, sha256="").content == ""  # of an array nothing is known


def test_it_stays_as_it_was_made() -> None:
    with pytest.raises(FrozenInstanceError):
        ONE.verdict = "HEM"  # type: ignore[misc]


def test_cells_of_one_field_differ_and_a_copy_of_the_field_has_the_same() -> None:
    assert len({content_of("ff", cell) for cell in (None, 1, 2)}) == 3
    assert content_of("ff", 1) == content_of("ff", 1)
    assert content_of("", 1) == ""


def test_a_prediction_has_the_content_of_its_cell() -> None:
    one = Prediction(path="a", cell=3, kind="lymphoid", verdict="ALL", p_all=1.0, model_id="x", sha256="ff")
    assert one.content == content_of("ff", 3)

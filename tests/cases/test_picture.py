"""A cell's picture is the one made when it was judged, and its evidence comes back to the bit."""

import numpy as np

from leukolens.cases.picture import evidence_of, picture_of
from leukolens.predict.prediction import Prediction

EVIDENCE = np.linspace(-3, 3, 49, dtype=np.float32).reshape(7, 7)


def prediction(**values: object) -> Prediction:
    return Prediction(path="a", verdict="ALL", p_all=0.9, model_id="0" * 12, **values)  # type: ignore[arg-type]


def test_evidence_comes_back_to_the_bit() -> None:
    picture = picture_of(prediction(thumbnail=b"JPEG", evidence=EVIDENCE))
    assert picture is not None
    assert picture.jpeg == b"JPEG"
    assert picture.evidence == EVIDENCE.astype("<f4").tobytes()
    found = evidence_of(picture.evidence)
    assert found.dtype == np.float32
    assert np.array_equal(found, EVIDENCE)


def test_what_was_not_looked_at_has_none() -> None:
    assert picture_of(prediction()) is None
    picture = picture_of(prediction(thumbnail=b"JPEG"))
    assert picture is not None
    assert picture.evidence is None

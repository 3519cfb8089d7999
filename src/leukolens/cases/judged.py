"""What is said of a picture → what the case keeps of it: the same, with all digits, and where each cell lies."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from leukolens.cases.picture import overview_of, picture_of
from leukolens.cases.record import Answer, Cell, InputKind, Judged, Point
from leukolens.cases.row import Row
from leukolens.predict.prediction import Judgement, Prediction


def judged_of(rows: Sequence[Row], judgement: Judgement, *, pictures: bool) -> Judged:
    """rows: of the predictions, in their order. pictures: with what a report shows."""
    pairs = zip(rows, judgement.predictions, strict=True)
    answers = tuple(_answer(row, one, field=judgement.field is not None, pictures=pictures) for row, one in pairs)
    first, facts = rows[0], judgement.field
    kind: InputKind = "unreadable" if first.verdict is None else "cut-out"
    judged = Judged(path=first.path, sha256=first.sha256, patient=first.patient, kind=kind, answers=answers)
    if facts is None:
        return judged
    return replace(
        judged,
        kind="field",
        width=facts.size[0],
        height=facts.size[1],
        um_per_px=facts.um_per_px,
        um_per_px_error=facts.um_per_px_error,
        um_per_px_source=facts.um_per_px_source,
        overview=overview_of(facts) if pictures else None,
    )


def _answer(row: Row, prediction: Prediction, *, field: bool, pictures: bool) -> Answer:
    return Answer(
        cell=_cell(prediction, field=field),
        model_id=row.model_id,
        version=row.version,
        verdict=row.verdict,
        p_all=prediction.p_all,
        band=row.band,
        hue=prediction.hue,
        reason=row.reason,
        judged_at=row.judged_at,
        picture=picture_of(prediction) if pictures else None,
    )


def _cell(prediction: Prediction, *, field: bool) -> Cell | None:
    """Where it lies; None for a field without a white cell and a file that could not be read."""
    found = prediction.found
    if found is None:
        return None if field or prediction.verdict is None else Cell()
    x0, y0, x1, y1 = found.box
    return Cell(
        number=prediction.cell,
        box=(math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1)),
        polygon=_points(found.outline),
        nucleus=max(map(_points, found.nucleus), key=len, default=()),
        kind=found.kind,
        confidence=found.confidence,
        area_um2=found.area,
        touching=found.touching,
    )


def _points(outline: NDArray[np.float32]) -> tuple[Point, ...]:
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in outline)

"""A case to hand on: cut-outs with pictures and a field with three cells, read in part; signed where asked for."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from casemaker import answer, judged
from PIL import Image

from leukolens import Case
from leukolens.cases.reading import patients
from leukolens.cases.record import Cell, Picture
from leukolens.cases.review import review
from leukolens.cases.sign import sign
from leukolens.report.reading import Reading, reading_of

PATIENT = "Nowak, Łucja & <b>"
NOTE = "nucleoli; <script>"
BOXES = ((20, 30, 90, 100), (120, 30, 190, 100), (220, 130, 290, 200))
"""Of the field's cells; the first has a polygon too."""
POLYGON = ((20.0, 30.0), (90.0, 40.0), (80.0, 100.0))


def jpeg(shade: int, size: int = 112) -> bytes:
    """A drawn cell on black."""
    image = np.zeros((size, size, 3), np.uint8)
    image[size // 4 : -size // 4, size // 4 : -size // 4] = (shade, 40, 110)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG")
    return file.getvalue()


def drawn_field(place: Path, *, width: int = 400, height: int = 300) -> tuple[Path, str]:
    """A field's file and its digest."""
    image = np.full((height, width, 3), (235, 225, 235), np.uint8)
    for x0, y0, x1, y1 in BOXES:
        image[y0:y1, x0:x1] = (120, 40, 140)
    Image.fromarray(image).save(place)
    return place, hashlib.sha256(place.read_bytes()).hexdigest()


def field(place: Path, *, patient: str = PATIENT) -> object:
    """A judged field: ALL, uncertain, HEM."""
    path, digest = drawn_field(place)
    said = (("ALL", 0.9), ("uncertain", 0.5), ("HEM", 0.1))
    cells = [
        answer(
            cell=Cell(number=number, box=box, polygon=POLYGON if number == 1 else (), area_um2=80.0),
            verdict=verdict,
            p_all=p_all,
            picture=Picture(jpeg=jpeg(100 + number)),
        )
        for number, (box, (verdict, p_all)) in enumerate(zip(BOXES, said, strict=True), 1)
    ]
    size = {"width": 400, "height": 300, "um_per_px": 0.1}
    return judged(str(path), *cells, patient=patient, kind="field", sha256=digest, **size)


@contextmanager
def case_to_hand_on(folder: Path, *, where: str = "", signed: bool = False) -> Iterator[Case]:
    """Cells 1 (ALL, which a reader called HEM) and 2 (HEM) are cut-outs, 3 has no picture, 4 to 6 lie in a field.

    where: its store; default a file in `folder`.
    """
    with Case.create(where or folder / "day.case", who="Anna Weiß") as case:
        case.add(
            [
                judged("a.bmp", answer(p_all=0.9, picture=Picture(jpeg=jpeg(90))), patient=PATIENT),
                judged("b.bmp", answer(verdict="HEM", p_all=0.2, picture=Picture(jpeg=jpeg(200, 80))), patient=PATIENT),
                judged("c.bmp", answer(verdict="refused", p_all=None, reason="is blurred"), patient=PATIENT),
                field(folder / "field.png"),  # type: ignore[list-item]
            ]
        )
        word = review(case, 1, role="reader", expected=0, verdict="HEM", note=NOTE)
        if signed:
            patient_id = patients(case)[0].id
            given = {"role": "haematologist", "meaning": "I have read these cells", "reason": "clear & enough"}
            sign(case, patient_id, expected=word.version, **given)
        yield case


def reading(case: Case) -> Reading:
    """Of its one patient."""
    return reading_of(case, patients(case)[0].id)

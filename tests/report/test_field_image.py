"""A field's picture is the very bytes that were judged, from where they stand, or none."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from casemaker import judged
from PIL import Image

from leukolens import Case
from leukolens.cases.review import NotInCase
from leukolens.report.field_image import FieldInput, field_image, field_input, fields_of


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "field.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def case(tmp_path: Path, picture: Path) -> Iterator[Case]:
    """Two fields of two patients and a cut-out."""
    digest = hashlib.sha256(picture.read_bytes()).hexdigest()
    with Case.create(tmp_path / "x.case") as made:
        made.add([judged(str(picture), kind="field", sha256=digest, width=400, height=300, um_per_px=0.25)])
        made.add([judged("cut-out.bmp"), judged("other.png", kind="field", patient="H4")])
        yield made


def test_fields_are_listed_and_cut_outs_are_not(case: Case, picture: Path) -> None:
    first, second = fields_of(case)
    assert (first.path, first.width, first.height, first.um_per_px) == (str(picture), 400, 300, 0.25)
    assert fields_of(case, patient="H4") == [second]
    assert field_input(case, second.id) == second
    cut_out = next(one.id for one in case.inputs() if one.path == "cut-out.bmp")
    with pytest.raises(NotInCase, match="this case holds no such field"):
        field_input(case, cut_out)


def field(case: Case) -> FieldInput:
    return fields_of(case)[0]


def test_it_is_found_where_it_was_or_among_the_uploads(case: Case, picture: Path, tmp_path: Path) -> None:
    found = field_image(field(case), uploads=None)
    assert found is not None
    assert found.size == (400, 300)
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    shutil.move(picture, uploads / field(case).sha256)
    assert field_image(field(case), uploads=None) is None
    again = field_image(field(case), uploads=uploads)
    assert again is not None
    assert again.tobytes() == found.tobytes()


def test_other_bytes_under_its_name_are_not_it(case: Case, picture: Path) -> None:
    Image.new("RGB", (400, 300)).save(picture)
    assert field_image(field(case), uploads=None) is None

"""A cell's picture and evidence map come to those who have entered, and only for a cell of this case that has them."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from benchmaker import JPEG, client, day, entered, opened
from casemaker import answer, judged
from PIL import Image

from leukolens.cases.record import Picture
from leukolens.web.entry import Bench

EVIDENCE = np.linspace(-2, 2, 49, dtype="<f4")


@pytest.fixture
def bench(store: str, tmp_path: Path) -> Iterator[Bench]:
    with opened(day(store), tmp_path) as made:
        case = made.shelf.case(1, who="the run")
        case.add([judged("e.bmp", answer(picture=Picture(jpeg=b"\xff\xd8 e", evidence=EVIDENCE.tobytes())))])
        case.add([judged("f.bmp", answer(picture=Picture(jpeg=b"\xff\xd8 f")))])
        yield made


def cells(bench: Bench) -> dict[str, int]:
    with bench.shelf.case(1, who="").reading() as connection:
        query = "SELECT inputs.path, cells.id FROM cells JOIN inputs ON inputs.id = cells.input_id"
        return {row.path: row.id for row in connection.exec_driver_sql(query)}


def test_the_picture_is_the_one_that_was_kept(bench: Bench) -> None:
    address = f"/cases/1/cells/{cells(bench)['a.bmp']}/picture.jpg"
    answer = entered(bench).get(address)
    assert answer.content == JPEG.jpeg
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"].startswith("private, ")
    assert client(bench).get(address).status_code == 303


def test_the_evidence_map_ends_at_its_own_strongest_position(bench: Bench) -> None:
    answer = entered(bench).get(f"/cases/1/cells/{cells(bench)['e.bmp']}/evidence.png")
    with Image.open(io.BytesIO(answer.content)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert pixels.shape == (7, 7, 3)
    assert pixels[0, 0].tolist() == [0, 34, 78]
    assert pixels[6, 6].tolist() == [254, 232, 56]


def test_what_is_not_there_says_so(bench: Bench) -> None:
    browser, known = entered(bench), cells(bench)
    for path, told in (
        (f"/cases/1/cells/{known['f.bmp']}/evidence.png", "this network gives no evidence map"),
        (f"/cases/1/cells/{known['c.bmp']}/picture.jpg", "this case holds no picture of such a cell"),
        ("/cases/1/cells/99999/picture.jpg", "this case holds no picture of such a cell"),
        (f"/cases/2/cells/{known['a.bmp']}/picture.jpg", "this store holds no such case"),
    ):
        found = browser.get(path)
        assert found.status_code == 404
        assert told in found.text

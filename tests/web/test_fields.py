"""Fields at the bench: the page, a cell's surroundings, a cell that was missed."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmaker import entered, opened
from handmaker import BOXES, case_to_hand_on
from PIL import Image

from leukolens.cases.check import check
from leukolens.web.entry import Bench

ADD = "/api/cases/1/fields/4/cells"
GIVEN = {"box": [300, 200, 360, 260], "verdict": "ALL"}


@pytest.fixture
def bench(store: str, tmp_path: Path) -> Iterator[Bench]:
    with case_to_hand_on(tmp_path, where=store):
        pass
    with opened(store, tmp_path) as made:
        yield made


def test_the_page_holds_every_outline_of_this_field_alone(bench: Bench) -> None:
    page = entered(bench).get("/cases/1/fields/4").text
    assert 'data-width="400" data-height="300"' in page
    assert page.count('"input_id":4') + page.count('"input_id": 4') == 3
    assert "<bdi>field.png</bdi>" in page


def test_a_cell_s_surroundings_are_cut_from_its_field(bench: Bench) -> None:
    browser = entered(bench)
    image = Image.open(io.BytesIO(browser.get("/cases/1/cells/5/around.jpg").content))
    assert image.size == (210, 210)
    red, green, blue = image.getpixel((105, 105))  # type: ignore[misc]
    assert abs(red - 120) + abs(green - 40) + abs(blue - 140) < 30
    for cell in (1, 99):  # a cut-out, and none
        assert browser.get(f"/cases/1/cells/{cell}/around.jpg").status_code == 404


def test_a_missed_cell_is_added_with_its_picture(bench: Bench) -> None:
    browser = entered(bench)
    made = browser.post(ADD, json=GIVEN)
    assert made.status_code == 200, made.text
    cell = made.json()
    assert (cell["number"], cell["word"]["verdict"], cell["word"]["reader"]) == (4, "ALL", "Anna")
    assert cell["polygon"] == [[300, 200], [360, 200], [360, 260], [300, 260]]
    assert browser.get(f"/cases/1/cells/{cell['id']}/picture.jpg").status_code == 200
    assert f'data-cell="{cell["id"]}"' in browser.get("/cases/1/patients/1").text
    assert check(bench.shelf.case(1, who="")).findings == ()


@pytest.mark.parametrize(
    "changes",
    [{"box": [0, 0, 3, 3]}, {"box": list(BOXES[0])}, {"box": [-5, 0, 60, 60]}, {"verdict": "not a cell"}, {"box": [1]}],
)
def test_what_cannot_be_a_missed_cell_is_refused(bench: Bench, changes: dict[str, object]) -> None:
    assert entered(bench).post(ADD, json={**GIVEN, **changes}).status_code == 422


def test_a_role_a_signature_and_another_case_stand_in_the_way(bench: Bench) -> None:
    assert entered(bench, "Cleo").post(ADD, json=GIVEN).status_code == 403
    browser = entered(bench)
    assert browser.post("/api/cases/1/fields/1/cells", json=GIVEN).status_code == 404
    assert browser.post("/api/cases/9/fields/4/cells", json=GIVEN).status_code == 404


def test_the_picture_is_gone_but_the_cell_s_place_is_known(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "field.png").unlink()
    browser = entered(bench)
    assert browser.get("/cases/1/fields/4").status_code == 404
    assert browser.post(ADD, json=GIVEN).json()["pictured"] is False

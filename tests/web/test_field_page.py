"""A field in the browser: choose and call cells by keyboard, zoom and pan, add one that was missed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import barriers, serving
from handmaker import case_to_hand_on
from playwright.sync_api import Page, Route, expect

from leukolens.cases.missed import add_missed
from leukolens.cases.reading import cells_of, patients
from leukolens.web.entry import Bench

pytestmark = pytest.mark.slow


@pytest.fixture
def at_field(store: str, tmp_path: Path, page: Page) -> Iterator[tuple[Bench, Page]]:
    """The page of the field, entered."""
    with case_to_hand_on(tmp_path, where=store):
        pass
    with serving(store, tmp_path) as (bench, address):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(address)
        page.goto(address.partition("/enter")[0] + "/cases/1/fields/4")
        expect(page.locator("#marks g")).to_have_count(3)
        yield bench, page


def words(bench: Bench) -> dict[int | None, str]:
    """Number of a cell in the field → the reader's word."""
    case = bench.shelf.case(1, who="")
    with case.reading() as connection:
        found = cells_of(connection, 1, patients(case)[0].name)
    return {cell.number: cell.word.verdict for cell in found if cell.box}


def view(page: Page) -> list[float]:
    return [float(one) for one in str(page.locator("#field").get_attribute("viewBox")).split()]


def test_cells_are_called_by_keyboard_alone(at_field: tuple[Bench, Page]) -> None:
    bench, page = at_field
    assert barriers(page) == []
    expect(page.locator("#chosen")).to_have_text("No cell chosen")
    page.locator("#field").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#chosen")).to_contain_text("Cell")
    page.keyboard.press("5")
    expect(page.locator(".group-not-a-cell.is-read")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("2")
    page.keyboard.press("Tab")
    page.keyboard.press("1")
    page.keyboard.press("u")
    expect(page.locator("#marks .is-waiting")).to_have_count(0)  # 1 and its taking back are acknowledged
    expect(page.locator("#marks .is-read")).to_have_count(2)
    expect(page.locator('[data-count="not a cell"]')).to_have_text("1")
    assert sorted(words(bench).values()) == ["", "HEM", "not a cell"]
    assert barriers(page) == []


def test_a_missed_cell_is_drawn_by_mouse(at_field: tuple[Bench, Page]) -> None:
    bench, page = at_field
    box = page.locator("#field").bounding_box()
    assert box is not None
    scale = min(box["width"] / 400, box["height"] / 300)
    left, top = box["x"] + (box["width"] - 400 * scale) / 2, box["y"] + (box["height"] - 300 * scale) / 2
    page.get_by_role("button", name="Add a missed cell").click()
    page.mouse.move(left + 310 * scale, top + 210 * scale)
    page.mouse.down()
    page.mouse.move(left + 340 * scale, top + 230 * scale)
    page.mouse.move(left + 370 * scale, top + 270 * scale)
    page.mouse.up()
    assert barriers(page) == []
    page.get_by_role("group", name="Your verdict").get_by_role("button", name="HEM").click()
    expect(page.locator("#marks g")).to_have_count(4)
    case = bench.shelf.case(1, who="")
    with case.reading() as connection:
        (cell,) = (one for one in cells_of(connection, 1, patients(case)[0].name) if one.kind == "added")
    assert cell.box is not None
    assert max(abs(one - other) for one, other in zip(cell.box, (310, 210, 370, 270), strict=True)) <= 2
    assert cell.word.verdict == "HEM"


def test_a_missed_cell_is_placed_by_keyboard_or_left(at_field: tuple[Bench, Page]) -> None:
    bench, page = at_field
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    assert len(words(bench)) == 3
    page.keyboard.press("a")
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    for key in ("ArrowDown",) * 10 + ("+", "-", "+"):
        page.keyboard.press(key)
    page.keyboard.press("1")
    expect(page.locator("#marks g")).to_have_count(4)
    expect(page.locator("#chosen")).to_have_text("Cell 4")
    assert words(bench)[4] == "ALL"
    page.keyboard.press("a")
    page.keyboard.press("1")  # in the middle of the field: allowed
    expect(page.locator("#marks g")).to_have_count(5)
    page.keyboard.press("a")
    page.keyboard.press("1")  # and there it stands already
    expect(page.locator("#trouble")).to_contain_text("is already there")


def test_the_next_missed_cell_can_be_begun_while_the_last_is_on_its_way(at_field: tuple[Bench, Page]) -> None:
    bench, page = at_field
    held: list[Route] = []
    page.route("**/fields/4/cells", lambda route: route.continue_() if held else held.append(route))
    page.keyboard.press("a")
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("1")
    page.keyboard.press("a")
    expect(page.locator("#draft")).to_be_visible()
    held[0].continue_()
    expect(page.locator("#marks g")).to_have_count(4)
    expect(page.locator("#draft")).to_be_visible()  # the first one's answer does not take the second away
    page.keyboard.press("2")
    expect(page.locator("#marks g")).to_have_count(5)
    assert [words(bench)[number] for number in (4, 5)] == ["ALL", "HEM"]


def test_zoom_and_pan_stay_within_the_field(at_field: tuple[Bench, Page]) -> None:
    _, page = at_field
    page.keyboard.press("+")
    page.keyboard.press("+")
    _, _, width, height = view(page)
    assert width == pytest.approx(400 / 2.25)
    assert height == pytest.approx(300 / 2.25)
    for _ in range(50):
        page.keyboard.press("ArrowRight")
    assert view(page)[0] == pytest.approx(400 - width)
    box = page.locator("#field").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before = view(page)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    assert view(page)[0] < before[0]
    page.mouse.wheel(0, -400)
    expect(page.locator("#field")).not_to_have_attribute("viewBox", " ".join(f"{one:g}" for one in before))
    assert view(page)[2] < width
    page.keyboard.press("0")
    assert view(page) == [0, 0, 400, 300]


def test_what_another_reader_says_or_adds_is_shown(at_field: tuple[Bench, Page]) -> None:
    bench, page = at_field
    other = bench.shelf.case(1, who="Bert")
    add_missed(other, 4, box=(300, 200, 360, 260), verdict="other kind", role="reader")
    expect(page.locator("#marks g")).to_have_count(4, timeout=10_000)
    expect(page.locator("#marks .group-other-kind")).to_have_count(1)
    page.goto(page.url.replace("fields/4", "patients/1"))
    add_missed(other, 4, box=(10, 200, 70, 260), verdict="ALL", role="reader")
    expect(page.locator("#trouble")).to_contain_text("Another reader added a cell.", timeout=10_000)
    expect(page.locator(".cell")).to_have_count(7)
    page.get_by_role("link", name="Load the page again").click()
    expect(page.locator(".cell")).to_have_count(8)

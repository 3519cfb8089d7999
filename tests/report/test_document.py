"""The report as a document: at three widths, on paper, by keyboard, without its script, and to assistive technology.

Needs Chromium (Debian: `apt install chromium`); without one the tests are skipped.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import chromium
from cardmaker import CALIBRATED
from casemaker import judged_as
from PIL import Image
from playwright.sync_api import Browser, Page
from rowmaker import row

from leukolens import Case
from leukolens.cases.record import Picture
from leukolens.model.preprocess import to_network
from leukolens.predict.thumbnail import thumbnail
from leukolens.report.export import export
from leukolens.research.data.phantoms import draw_cell

CELLS = 200


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on 200 cells of four patients, every kind of verdict among them."""
    random = np.random.default_rng(0)
    pixels = to_network(draw_cell("all", random), CALIBRATED.preprocess, name="x")
    picture = Picture(
        jpeg=thumbnail(Image.fromarray(pixels)), evidence=random.normal(size=(7, 7)).astype("<f4").tobytes()
    )
    rows = []
    for number in range(CELLS):
        p_all = round(float(random.random()), 6)
        verdict = "ALL" if p_all > 0.75 else "HEM" if p_all < 0.25 else "uncertain"
        reason = "p(ALL) lies inside the model's band" if verdict == "uncertain" else ""
        if number % 40 == 0:
            verdict, p_all, reason = "refused", None, "is grey: it has no colour of a stain"
        path = f"smears/2026-03-14/UID_{number % 4}_{number}_long_name_of_a_cell.bmp"
        same = {"sha256": f"{number:064x}", "patient": f"P-{number % 4}", "reason": reason}
        rows.append(row(path=path, verdict=verdict, p_all=p_all, **same))
    path = tmp_path_factory.mktemp("document") / "x.html"
    with Case.create(path.with_suffix(".case"), name="bone marrow, 14 March") as case:
        case.use(CALIBRATED)
        case.add([judged_as(one, picture) for one in rows])
        export(case, report=path)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    page = browser.new_page(offline=True)
    page.goto(report.as_uri())
    yield page
    page.close()


def column(page: Page, table: str, number: int) -> list[str]:
    texts: list[str] = page.evaluate(
        "([table, number]) => [...document.querySelectorAll(`${table} tbody tr`)]"
        ".filter(row => !row.hidden).map(row => row.cells[number].textContent.trim())",
        [table, number],
    )
    return texts


@pytest.mark.parametrize("width", [1440, 820, 390])
def test_nothing_sticks_out_at_the_side(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing(page: Page, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_200_cells_take_ten_pages_at_most(page: Page) -> None:
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) <= 10


def test_a_picture_is_drawn_when_its_row_comes_near(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    drawn = page.locator("#cells svg")
    page.locator("#cells tbody tr").first.scroll_into_view_if_needed()
    page.locator("#cells tbody tr:first-child svg").wait_for()
    assert drawn.count() < CELLS
    page.locator("#cells tbody tr").last.scroll_into_view_if_needed()
    page.locator("#cells tbody tr:last-child svg").wait_for()
    assert page.locator("#cells noscript").count() == CELLS - drawn.count()


def test_every_picture_is_printed(page: Page) -> None:
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert page.locator("#cells svg").count() == CELLS
    assert len(re.findall(rb"/Subtype\s*/Image\b", printed)) == 2  # all rows have the same cell and the same map


def test_columns_sort_by_keyboard(page: Page) -> None:
    before = column(page, "#cells", 2)
    header = page.locator("#cells thead th.p")
    header.locator("button").focus()
    page.keyboard.press("Enter")
    assert header.get_attribute("aria-sort") == "ascending"
    rising = [float(text) for text in column(page, "#cells", 2) if text != "–"]
    assert rising == sorted(rising)
    page.keyboard.press("Space")
    assert header.get_attribute("aria-sort") == "descending"
    assert column(page, "#cells", 2) == before
    files = page.locator("#cells thead th.file button")
    files.press("Enter")
    assert header.get_attribute("aria-sort") is None
    assert [text.split("_")[2] for text in column(page, "#cells", 4)][:3] == ["0", "4", "8"]  # by number, not by sign


def test_a_patients_name_shows_that_patients_cells(page: Page) -> None:
    page.locator("#by-patient a", has_text="P-2").press("Enter")
    assert column(page, "#cells", 3) == ["P-2"] * (CELLS // 4)
    assert page.evaluate("document.activeElement.id") == "cells-title"


def test_the_record_unfolds_by_keyboard(page: Page) -> None:
    record = page.locator("#cells details").first
    assert not record.locator(".sha256").is_visible()
    record.locator("summary").press("Enter")
    assert len(record.locator(".sha256").inner_text()) == 64


def test_without_its_script_all_content_is_there(browser: Browser, report: Path) -> None:
    page = browser.new_page(java_script_enabled=False, offline=True)
    page.goto(report.as_uri())
    assert page.locator("#cells tbody tr").count() == page.locator("#cells svg").count() == CELLS
    assert not page.locator("#filters").is_visible()
    assert page.locator("button").count() == 0
    link = page.locator("#by-patient a").first.get_attribute("href")
    assert page.locator(f"#cells {link}").count() == 1
    page.close()

"""The whole way on real fields, by keyboard: an empty bench, judged with progress, corrected, signed, handed on."""

import json
import zipfile
from pathlib import Path

import browsing
import pytest
from command import leukolens
from playwright.sync_api import Page, expect
from realdata import shared

from leukolens import Case
from leukolens.cases.reading import ReadCell, cells_of
from leukolens.web.entry import Bench

pytestmark = pytest.mark.slow
FIELDS = [f"fields/all_fields/peybey/{number}.jpg" for number in (11, 12)]
SIZES = ((1440, 900), (820, 1100), (390, 844))
"""px of the window: a desk, a tablet and a telephone."""
FINGER = 40
"""px of the telephone's screen that whatever is touched is at least high and wide."""


def clean(page: Page) -> None:
    """Axe finds nothing at any size, nothing has to be scrolled sideways, and a finger meets what it aims at."""
    page.wait_for_load_state("load")  # a button that is half read has no name yet
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert browsing.barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert browsing.smaller(page, FINGER) == []
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})


def cells(bench: Bench) -> list[ReadCell]:
    case = bench.shelf.case(1, who="")
    with case.reading() as connection:
        return cells_of(connection, 1, "Müller, Jörg")


def test_fields_from_the_empty_bench_to_the_laboratory(store: str, tmp_path: Path, page: Page) -> None:
    pictures = [shared(name) for name in FIELDS]
    pytest.importorskip("cv2")
    Case.create(store).close()
    with browsing.serving(store, tmp_path) as (bench, address):
        judge(page, address, pictures)
        correct(bench, page)
        hand_on(page, sign(bench, page))
    uploads = ("--uploads", tmp_path / "uploads")
    forms = ("--to", "fhir", "--to", "dicom-sr", "--to", "pdf")
    assert leukolens("export-case", store, *forms, "--out", tmp_path / "out", *uploads) == 0
    assert {path.suffix for path in (tmp_path / "out").iterdir()} >= {".json", ".dcm", ".pdf"}
    assert leukolens("check", store) == 0


def judge(page: Page, address: str, pictures: list[Path]) -> None:
    page.goto(address)
    expect(page.get_by_text("No pictures yet.")).to_be_visible()
    clean(page)
    page.get_by_label("Patient", exact=True).fill("Müller, Jörg")
    page.locator('input[type="file"]').set_input_files(pictures)
    expect(page.locator(".watch progress")).to_be_visible(timeout=60_000)
    expect(page.locator(".watch")).to_contain_text(f"/ {len(pictures)}")
    page.get_by_role("link", name="Müller, Jörg").wait_for(timeout=180_000)
    clean(page)
    page.get_by_role("link", name="Müller, Jörg").click()
    expect(page.locator("[aria-current=true].cell")).to_have_count(1)
    clean(page)
    page.keyboard.press(" ")
    expect(page.get_by_role("dialog")).to_be_visible()
    clean(page)
    page.keyboard.press("Escape")


def correct(bench: Bench, page: Page) -> None:
    """Three cells by keyboard, a note, and a cell that was missed."""
    page.get_by_role("link", name="See the fields").click()
    expect(page.locator("#marks g").first).to_be_visible()
    clean(page)
    page.locator("#field").focus()
    for key in ("1", "2", "3"):
        page.keyboard.press("Tab")
        page.keyboard.press(key)
    expect(page.locator("#marks .is-read")).to_have_count(3)
    expect(page.locator("#marks .is-waiting")).to_have_count(0)
    found = page.locator("#marks g").count()
    page.keyboard.press("a")
    for _ in range(12):
        page.keyboard.press("-")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("1")
    expect(page.locator("#marks g")).to_have_count(found + 1)
    page.get_by_role("link", name="See it large").click()
    expect(page.locator("[aria-current=true].cell")).to_have_count(1)
    page.keyboard.press("n")
    page.keyboard.type("vacuoles")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".marker:visible")).to_have_count(1)
    expect(page.locator(".is-waiting")).to_have_count(0)
    said = [cell.word for cell in cells(bench) if cell.word.verdict]
    assert sorted(word.verdict for word in said) == ["ALL", "ALL", "HEM", "other kind"]
    (noted,) = (cell for cell in cells(bench) if cell.word.note)
    assert (noted.word.note, noted.kind) == ("vacuoles", "added")


def sign(bench: Bench, page: Page) -> str:
    """The page's address once it is signed."""
    unread = sum(not cell.word.verdict for cell in cells(bench))
    expect(page.locator("#unread")).to_have_text(str(unread))
    browsing.sign(page, role="haematologist", reason="granulocytes and platelets")
    clean(page)
    assert "M" not in page.url.partition("/cases")[2]
    return page.url


def hand_on(page: Page, address: str) -> None:
    given: dict[str, Path] = {}
    for name in ("FHIR", "DICOM SR", "PDF", "GeoJSON"):
        with page.expect_download() as downloaded:
            page.get_by_role("link", name=name, exact=True).click()
        given[name] = downloaded.value.path()
    assert json.loads(given["FHIR"].read_bytes())["status"] == "final"
    assert given["PDF"].read_bytes().startswith(b"%PDF-")
    assert any(name.endswith("-sr.dcm") for name in zipfile.ZipFile(given["DICOM SR"]).namelist())
    shapes = zipfile.ZipFile(given["GeoJSON"])
    assert len(shapes.namelist()) == len(FIELDS)
    page.goto(address.partition("/patients")[0] + "/log")
    page.get_by_role("button", name="Check the chain").click()
    expect(page.locator("#checked")).to_contain_text("The chain holds")
    clean(page)

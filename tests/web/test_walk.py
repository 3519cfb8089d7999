"""A reader's whole way in a browser, by keyboard alone: drop pictures, judge, correct, note, sign, hand on."""

import json
from pathlib import Path

import pytest
from benchmaker import PASSWORD, day
from browsing import barriers, serving, sign, watched
from command import leukolens
from playwright.sync_api import Browser, Page, expect
from realdata import unpacked

from leukolens.cases.check import check
from leukolens.web.entry import Bench


@pytest.mark.slow
def test_the_whole_way(served: tuple[Bench, str], page: Page, cells: Path) -> None:
    bench, address = served
    page.goto(address)
    expect(page.get_by_role("heading", name="Work list")).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Patient", exact=True).fill("Nowak, Łucja")
    page.locator('input[type="file"]').set_input_files(sorted((cells / "fold_0/all").glob("*.bmp"))[:6])
    page.get_by_role("link", name="Nowak, Łucja").wait_for(timeout=180_000)
    page.get_by_role("searchbox").fill("Nowakowski")
    expect(page.get_by_text("No patient's name contains this.")).to_be_visible()
    page.get_by_role("searchbox").fill("nowak")
    page.get_by_role("link", name="Nowak, Łucja").click()
    assert "Nowak" not in page.url

    expect(page.locator(".cell.is-read")).to_have_count(0)
    assert barriers(page) == []
    for key in ("1", "2", "3", "u", "4", "1", "1", "2"):
        page.keyboard.press(key)
    page.keyboard.press("1")
    expect(page.locator("#read")).to_have_text("6")
    for group, number in (("ALL", "4"), ("HEM", "1"), ("not assessable", "1"), ("uncertain", "0")):
        expect(page.locator(f'[data-group="{group}"]')).to_have_text(number)
    page.keyboard.press(" ")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("nucleoli")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".marker:visible")).to_have_count(1)

    sign(page, role="technician")
    expect(page.locator(".signed")).to_contain_text(bench.owner)
    page.keyboard.press("2")
    for name, start in (("FHIR", b"{"), ("DICOM SR", b"PK"), ("PDF", b"%PDF-"), ("CSV", b"patient,")):
        with page.expect_download() as downloaded:
            page.get_by_role("link", name=name, exact=True).click()
        data = downloaded.value.path().read_bytes()
        assert data.startswith(start)
        assert "Nowak" not in downloaded.value.suggested_filename
        if name == "FHIR":
            assert json.loads(data)["status"] == "final"

    page.goto(address.partition("/enter")[0] + "/cases/1/log")
    page.get_by_role("button", name="Check the chain").click()
    expect(page.locator("#checked")).to_contain_text("The chain holds")
    assert barriers(page) == []
    case = bench.shelf.case(1, who="")
    said = [(entry.action, entry.new) for entry in case.log() if entry.action in ("reviewed", "undone", "signed")]
    assert check(case).findings == ()
    assert [action for action, _ in said].count("undone") == 1
    assert said[-1] == ("signed", "I have read these cells")


def enter(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="H3").click()
    expect(page.locator("[aria-current=true].cell")).to_have_count(1)


@pytest.mark.slow
def test_two_browsers_see_each_other_and_a_conflict_is_shown(store: str, tmp_path: Path, browser: Browser) -> None:
    with (
        serving(day(store), tmp_path, local=False) as (bench, address),
        watched(browser) as anna,
        watched(browser) as bert,
    ):
        enter(anna, address, "Anna")
        enter(bert, address, "Bert")
        first = str(anna.locator("[aria-current=true].cell").get_attribute("data-cell"))
        reader = f'[data-cell="{first}"] .reader'
        bert.keyboard.press("2")
        expect(anna.locator(reader)).to_have_text("● HEM", timeout=10_000)
        expect(anna.locator("#read")).to_have_text("1")
        anna.route("**/api/cases/1/patients/**", lambda route: route.abort())  # the next word of Bert comes unseen
        bert.keyboard.press("ArrowLeft")
        bert.locator(f'[data-cell="{first}"]').focus()
        bert.keyboard.press("3")
        expect(bert.locator(reader)).to_have_text("◆ other kind")
        expect(bert.locator(".is-waiting")).to_have_count(0)
        anna.locator(f'[data-cell="{first}"]').focus()
        anna.keyboard.press("1")
        expect(anna.locator("#trouble")).to_contain_text("Bert has changed this in the meantime")
        expect(anna.locator(reader)).to_have_text("◆ other kind")
        anna.unroute("**/api/cases/1/patients/**")
        anna.locator(f'[data-cell="{first}"]').focus()
        anna.keyboard.press("1")  # she has seen it now, and decides
        expect(bert.locator(reader)).to_have_text("▲ ALL", timeout=10_000)
        case = bench.shelf.case(1, who="")
        assert check(case).findings == ()
        said = [(entry.who, entry.old, entry.new) for entry in case.log() if entry.action == "reviewed"]
    assert said == [("Bert", "", "HEM"), ("Bert", "HEM", "other kind"), ("Anna", "other kind", "ALL")]


@pytest.mark.slow
def test_the_whole_way_on_real_cells(served: tuple[Bench, str], page: Page, tmp_path: Path) -> None:
    bench, address = served
    pictures = sorted(unpacked(tmp_path / "cnmc", every=400).rglob("*.bmp"))[:6]
    page.goto(address)
    page.get_by_label("Patient", exact=True).fill("real")
    page.locator('input[type="file"]').set_input_files(pictures)
    page.get_by_role("link", name="real").wait_for(timeout=180_000)
    page.get_by_role("link", name="real").click()
    expect(page.locator(".cell img")).to_have_count(6)
    expect(page.locator("[aria-current=true].cell")).to_have_count(1)
    for key in ("1", "2", "4"):
        page.keyboard.press(key)
    expect(page.locator("#read")).to_have_text("3")
    sign(page, role="technician", reason="clear enough")
    done = leukolens("export-case", bench.shelf.where, "--to", "pdf", "--to", "dicom-sr", "--out", tmp_path / "out")
    assert done == 0
    assert len(list((tmp_path / "out").glob("*-sr.dcm"))) == 1
    assert leukolens("check", bench.shelf.where) == 0


@pytest.mark.slow
def test_a_hundred_cells_take_a_key_each(served: tuple[Bench, str], page: Page) -> None:
    from casemaker import answer, judged

    bench, address = served
    bench.shelf.case(1, who="").add([judged(f"{n}.bmp", answer(), patient="many") for n in range(100)])
    page.goto(address)
    page.get_by_role("link", name="many").click()
    expect(page.locator("[aria-current=true].cell")).to_have_count(1)
    for _ in range(100):
        page.keyboard.press("1")
    expect(page.locator("#read")).to_have_text("100", timeout=30_000)

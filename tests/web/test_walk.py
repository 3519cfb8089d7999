"""A reader's whole way in a browser, by keyboard alone: drop pictures, judge, correct, note, sign, hand on."""

import json
from pathlib import Path

import pytest
from benchmaker import PASSWORD
from browsing import barriers
from playwright.sync_api import Page, expect

from leukolens import Case
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
    page.get_by_role("link", name="Nowak, Łucja").wait_for(timeout=60_000)
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

    page.get_by_label("Your role in the laboratory").fill("technician")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button", name="Sign").click()
    expect(page.locator("#state")).to_have_text("signed")
    expect(page.locator(".signed")).to_contain_text(bench.owner)
    page.keyboard.press("2")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="FHIR").click()
    assert json.loads(downloaded.value.path().read_text())["status"] == "final"

    page.goto(address.partition("/enter")[0] + "/cases/1/log")
    page.get_by_role("button", name="Check the chain").click()
    expect(page.locator("#checked")).to_contain_text("The chain holds")
    assert barriers(page) == []
    with Case.open(bench.shelf.where) as case:
        said = [(entry.action, entry.new) for entry in case.log() if entry.action in ("reviewed", "undone", "signed")]
        assert check(case).findings == ()
    assert [action for action, _ in said].count("undone") == 1
    assert said[-1] == ("signed", "I have read these cells")


@pytest.mark.slow
def test_two_browsers_see_each_other_and_a_conflict_is_shown(served: tuple[Bench, str], page: Page) -> None:
    bench, address = served
    page.goto(address)
    page.get_by_role("link", name="H3").click()
    expect(page.locator("[aria-current=true].cell")).to_have_count(1)
    first = int(str(page.locator("[aria-current=true].cell").get_attribute("data-cell")))
    from leukolens.cases.review import review

    other = bench.shelf.case(1, who="Bert")
    word = review(other, first, role="reader", expected=0, verdict="HEM")
    expect(page.locator(f'[data-cell="{first}"] .reader')).to_have_text("● HEM", timeout=10_000)
    page.route("**/api/cases/1/patients/**", lambda route: route.abort())  # the next word of another comes unseen
    review(other, first, role="reader", expected=word.version, verdict="other kind")
    page.keyboard.press("1")
    expect(page.locator("#trouble")).to_contain_text("Bert has changed this meanwhile")
    expect(page.locator(f'[data-cell="{first}"] .reader')).to_have_text("◆ other kind")


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

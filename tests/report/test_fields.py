"""Each field stands once in the report, its cells outlined by verdict; a browser goes from field to cell and back.

The browser needs Chromium (Debian: `apt install chromium`); without one those tests are skipped.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import chromium
from cardmaker import CARD
from casemaker import PICTURE, answer, judged
from command import leukolens
from fieldmaker import field
from htmlreport import Report
from PIL import Image
from playwright.sync_api import Browser, Page
from realdata import shared

from leukolens import Case
from leukolens.cases.picture import overview_of
from leukolens.cases.record import Cell
from leukolens.predict.prediction import FieldFacts
from leukolens.report.export import export

VERDICTS = (("ALL", 0.9, "all"), ("HEM", 0.1, "hem"), ("uncertain", 0.5, "unsure"), ("refused", None, "other"))
OVERVIEW = overview_of(FieldFacts(size=(80, 60), overview=np.full((60, 80, 3), 200, np.uint8)))


def square(number: int) -> tuple[tuple[float, float], ...]:
    left = 15.0 * number
    return ((left, 10.0), (left + 9, 10.0), (left + 9, 20.0), (left, 20.0))


@pytest.fixture
def shown(tmp_path: Path) -> Report:
    """A field with a cell of each verdict, one without a cell, and a cut-out."""
    answers = [
        answer(
            cell=Cell(number=number, box=(0, 0, 9, 9), polygon=square(number), kind="lymphoid"),
            **{"verdict": verdict, "p_all": p_all, "picture": PICTURE},
            reason="" if p_all else "is not a lymphoid cell (lymphoid 0.10)",
        )
        for number, (verdict, p_all, _) in enumerate(VERDICTS, 1)
    ]
    whole = {"kind": "field", "width": 800, "height": 600}
    scale = {"um_per_px": 0.1, "um_per_px_error": 0.004, "um_per_px_source": "red cells"}
    empty = answer(cell=None, verdict="refused", p_all=None, reason="shows no white cell")
    with Case.create(tmp_path / "x.case") as case:
        case.use(CARD)
        case.add([judged("day/<b>.jpg", *answers, **whole, **scale, overview=OVERVIEW)])
        case.add([judged("bare.jpg", empty, **whole), judged("cell.bmp", sha256="1" * 64)])
        export(case, report=tmp_path / "x.html")
    return Report(tmp_path / "x.html")


def test_each_cell_is_outlined_once_by_its_verdict_and_linked_both_ways(shown: Report) -> None:
    links = {str(a["id"]): a for name, a in shown.tags if name == "a" and str(a.get("id", "")).startswith("field-")}
    assert {name: a["class"] for name, a in links.items()} == {
        f"field-1-{number}": chip for number, (_, _, chip) in enumerate(VERDICTS, 1)
    }
    rows = {str(a["id"]): texts for (_, a), texts in zip(_rows(shown), shown.cells, strict=True)}
    for name, a in links.items():
        assert rows[str(a["href"]).removeprefix("#")]["cell"] == name.rpartition("-")[2]
    back = [str(a["href"]) for name, a in shown.tags if a.get("class") == "place"]
    assert sorted(back) == sorted(f"#{name}" for name in links)
    edges = [str(a["points"]) for name, a in shown.tags if a.get("class") == "edge"]
    assert edges[0] == "15,10 24,10 24,20 15,20"


def _rows(shown: Report) -> list[tuple[str, dict[str, str | None]]]:
    return [(name, a) for name, a in shown.tags if name == "tr" and str(a.get("id", "")).startswith("cell-")]


def test_a_field_says_what_was_found_at_which_scale(shown: Report) -> None:
    assert "&lt;b&gt;.jpg" in shown.text
    assert "0.100 µm per px ± 4 % (red cells)" in shown.text
    told = "4 cells found, 3 judged; not judged: 1 × is not a lymphoid cell."
    assert shown.text.count(told) == 2  # of the field and of its patient
    assert "scale not known<br>0 cells found, 0 judged." in shown.text
    assert [a["viewbox"] for name, a in shown.tags if name == "svg" and a.get("role") == "group"] == ["0 0 800 600"] * 2


def test_a_field_is_one_file_of_its_patient(shown: Report) -> None:
    line = shown.tables["by-patient"][1]
    assert line[2:4] == ["3", "4"]  # files, judged


def test_without_fields_nothing_is_said_of_them(tmp_path: Path) -> None:
    with Case.create(tmp_path / "x.case") as case:
        case.use(CARD)
        case.add([judged()])
        export(case, report=tmp_path / "x.html")
    assert 'id="fields"' not in (tmp_path / "x.html").read_text(encoding="utf-8")


# in a browser


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with day.html and day.csv of two drawn fields, by the shipped model."""
    out = tmp_path_factory.mktemp("day")
    for number in range(2):
        Image.fromarray(field(seed=number)).save(out / f"field_{number}.png")
    assert leukolens("predict", out, "--csv", out / "day.csv", "--report", out / "day.html") == 0
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(day: Path, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(offline=True, java_script_enabled=request.param)
    page = context.new_page()
    page.goto((day / "day.html").as_uri())
    yield page
    context.close()


def test_an_outline_leads_to_the_cell_and_the_cell_back(page: Page, day: Path) -> None:
    with (day / "day.csv").open(newline="", encoding="utf-8") as file:
        held = [(row["path"], row["cell"], row["kind"], row["verdict"]) for row in csv.DictReader(file)]
    assert len(held) == 4
    for number, (path, cell, kind, verdict) in enumerate(held):
        outline = page.locator(f"#field-{1 + number // 2}-{cell}")
        outline.locator(".edge").click()
        row = page.locator("#cells tr:target")
        assert row.is_visible()
        record = {name: row.locator(f".technical .{name}").text_content() for name in ("path", "cell", "kind")}
        assert record == {"path": path, "cell": cell, "kind": kind}
        assert row.locator(".verdict").text_content() == verdict
        assert _in_view(page, row.bounding_box())
        row.locator(".place").click()
        assert page.url.endswith(f"#field-{1 + number // 2}-{cell}")
        assert _in_view(page, outline.bounding_box())


def _in_view(page: Page, box: dict[str, float] | None) -> bool:
    assert box is not None
    assert page.viewport_size is not None
    return -1 < box["y"] < page.viewport_size["height"]  # a part of a pixel may be scrolled away


def test_a_cell_that_a_filter_hides_is_shown_again(day: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((day / "day.html").as_uri())
    page.fill("input[name=text]", "nothing has this text")
    assert page.locator("#shown").inner_text() == "0 of 4 cells shown"
    page.locator("#field-1-1 .edge").click()
    page.wait_for_function("document.querySelector('#cells tr:target').offsetHeight > 0")
    assert page.locator("#shown").inner_text() == "4 of 4 cells shown"
    page.close()


def test_the_page_with_fields_has_nothing_that_hides_from_assistive_technology(day: Path, browser: Browser) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto((day / "day.html").as_uri())
    assert Axe().run(page).response["violations"] == []
    context.close()


def test_the_four_camera_fields_show_every_cell_that_was_found(tmp_path: Path, browser: Browser) -> None:
    """Camera files of 10 megapixels; that all white cells are found is the finder's to show."""
    pictures = sorted(shared("fields/all_fields/peybey").iterdir())
    options = ("--case", tmp_path / "day.case", "--report", tmp_path / "day.html", "--csv", tmp_path / "day.csv")
    assert leukolens("predict", *pictures, *options) in (0, 3)
    page = browser.new_page()
    page.goto((tmp_path / "day.html").as_uri())
    with (tmp_path / "day.csv").open(newline="", encoding="utf-8") as file:
        held = list(csv.DictReader(file))
    for number, picture in enumerate(pictures, 1):
        cells = [row["cell"] for row in held if row["path"] == str(picture)]
        assert len(cells) >= 5
        outlines = page.locator(f"#field-{number} svg a")
        assert [one.locator("text").text_content() for one in outlines.all()] == cells
    assert page.evaluate("[...document.querySelectorAll('.field image')].every(one => one.getBBox().width > 1000)")
    assert (tmp_path / "day.html").stat().st_size < 3_000_000
    page.close()

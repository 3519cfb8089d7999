"""The report in a browser, offline: what it shows is what the CSV holds, and its filters show the right part of it.

Needs Chromium (Debian: `apt install chromium`); without one the test is skipped.
"""

import csv
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from browsing import chromium
from command import leukolens
from playwright.sync_api import BrowserContext, Page
from realdata import unpacked

from leukolens.predict.classifier import Classifier
from leukolens.research.networks.onnx_file import write_card


@pytest.fixture(scope="module")
def day(run: Path, cells: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with day.csv and day.html of fold 0's cells and one broken file."""
    out = tmp_path_factory.mktemp("day")
    model = out / "model.onnx"
    shutil.copy(run / "model.onnx", model)
    classifier = Classifier(model)
    p_all = [one.p_all for one in classifier(sorted((cells / "fold_0").rglob("*.bmp"))) if one.p_all is not None]
    write_card(model, replace(classifier.card, threshold=median(p_all)), None)  # so that both verdicts are there
    (out / "broken.png").write_bytes(b"no image")
    options = ("--model", model, "--csv", out / "day.csv", "--report", out / "day.html")
    assert leukolens("predict", cells / "fold_0", out / "broken.png", *options) == 3
    return out


@pytest.fixture(scope="module")
def offline() -> Iterator[BrowserContext]:
    """A browser that has no network."""
    with chromium() as browser:
        yield browser.new_context(offline=True)


def opened(report: Path, offline: BrowserContext) -> Page:
    page = offline.new_page()
    page.goto(report.as_uri())
    return page


@pytest.fixture(scope="module")
def page(day: Path, offline: BrowserContext) -> Page:
    return opened(day / "day.html", offline)


def rows(day: Path) -> list[dict[str, str]]:
    with (day / "day.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def shown(page: Page, column: str) -> list[str]:
    """Texts of a column, folded away or not, in the rows that are seen."""
    return [
        row.locator(f".{column}").text_content() or ""
        for row in page.locator("#cells tbody tr").all()
        if row.is_visible()
    ]


def test_the_numbers_are_the_csvs(page: Page, day: Path) -> None:
    held = sorted((row["path"], row["verdict"], row["p_all"], row["sha256"]) for row in rows(day))
    seen = [shown(page, column) for column in ("path", "verdict", "p_all", "sha256")]
    assert sorted(zip(*seen, strict=True)) == held
    numbers = [float(text) for text in seen[2] if text]
    assert numbers == sorted(numbers, reverse=True)


def test_the_shipped_models_report_of_real_cells_filters_to_what_the_csv_holds(
    tmp_path: Path, offline: BrowserContext
) -> None:
    cells = unpacked(tmp_path / "cells", every=60)
    assert leukolens("predict", cells, "--csv", tmp_path / "day.csv", "--report", tmp_path / "day.html") in (0, 3)
    held = rows(tmp_path)
    assert len(held) == 60
    page = opened(tmp_path / "day.html", offline)
    for verdict in sorted({row["verdict"] for row in held}):
        page.select_option("select[name=verdict]", value=verdict)
        seen = zip(shown(page, "path"), shown(page, "p_all"), strict=True)
        assert sorted(seen) == sorted((row["path"], row["p_all"]) for row in held if row["verdict"] == verdict)


def test_every_picture_is_inside_the_file(page: Page, day: Path) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")  # which draws those too that are not on the screen
    assert page.locator("#cells svg").count() == len(rows(day)) - 1
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")


@pytest.mark.parametrize("verdict", ["ALL", "HEM", ""])
def test_the_filter_of_verdicts_shows_those_alone(page: Page, day: Path, verdict: str) -> None:
    expected = sorted(row["path"] for row in rows(day) if row["verdict"] == verdict)
    assert expected
    page.select_option("select[name=verdict]", value=verdict)
    assert sorted(shown(page, "path")) == expected
    assert page.locator("#shown").inner_text() == f"{len(expected)} of {len(rows(day))} files shown"
    page.select_option("select[name=verdict]", index=0)


def test_patient_and_text_filter_together(page: Page, day: Path) -> None:
    patient = next(row["patient"] for row in rows(day) if row["patient"])
    page.select_option("select[name=patient]", value=patient)
    page.fill("input[name=text]", "_2_")
    expected = sorted(row["path"] for row in rows(day) if row["patient"] == patient and "_2_" in row["path"])
    assert expected
    assert sorted(shown(page, "path")) == expected
    page.fill("input[name=text]", "")
    page.select_option("select[name=patient]", index=0)
    assert len(shown(page, "path")) == len(rows(day))

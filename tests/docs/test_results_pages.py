"""docs/results: a page is short, says how to run it again, and shows only rows that a raw table holds."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/results").glob("*.md"))
LONGEST = 120
"""Lines of a page."""
FROM_TABLES = ["held-out-patients", "refusal", "reproduction"]
"""Pages with one table, cut out of results/PAGE/tables."""
NAMED_FIRST = {"refusal"}
"""Pages whose first column names the raw table of the row."""


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def text_of(name: str) -> str:
    return (ROOT / f"docs/results/{name}.md").read_text(encoding="utf-8")


def tables_in(text: str) -> Iterator[list[list[str]]]:
    """Each table's rows of cells, the head without its line of dashes."""
    for found in re.findall(r"(?:^\|.*\n)+", text, re.M):
        yield [line[2:-2].split(" | ") for line in found.splitlines() if not line.startswith("|--")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("name", FROM_TABLES)
def test_a_page_has_one_table_whose_rows_stand_in_a_raw_one(name: str) -> None:
    ((_, *shown),) = tables_in(text_of(name))
    raw = {path.stem: rows_of(path) for path in (ROOT / "results" / name / "tables").glob("*.csv")}
    assert shown
    for row in shown:
        within, cells = ([row[0]], row[1:]) if name in NAMED_FIRST else (raw, row)
        assert any(one[: len(cells)] == cells for table in within for one in raw[table]), row


@pytest.mark.parametrize("name", FROM_TABLES)
def test_a_page_links_each_raw_table_that_it_does_not_show_whole(name: str) -> None:
    text = text_of(name)
    (shown,) = tables_in(text)
    linked = set(re.findall(r"tables/(\w+)\.csv\)", text))
    for path in (ROOT / "results" / name / "tables").glob("*.csv"):
        assert path.stem in linked or rows_of(path) == shown, path.name


@pytest.mark.parametrize("name", [*FROM_TABLES, "training"])
def test_a_page_says_what_was_found_and_how_to_run_it_again(name: str) -> None:
    text = text_of(name)
    assert "\n## What was found\n" in text
    assert re.search(r"^## Run it again\n\n```\n(?:leukolens|python) ", text, re.M)

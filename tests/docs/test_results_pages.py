"""docs/results: a page is short, says how to run it again, and shows only rows that a raw table holds."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for page in (ROOT / "docs/results").glob("*.md")
    if page.stem not in {"refusal", "reproduction", "training"}  # still to be shortened
)
LONGEST = 120
"""Lines of a page."""
FROM_TABLES = ["held-out-patients"]
"""Pages with one table, cut out of results/PAGE/tables."""


def rows_of(path: Path) -> set[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return {f"| {' | '.join(row)} |" for row in csv.reader(file)}


def tables_of(page: Path) -> Iterator[list[str]]:
    """Each table's lines, without the line of dashes."""
    for found in re.findall(r"(?:^\|.*\n)+", page.read_text(encoding="utf-8"), re.M):
        yield [line for line in found.splitlines() if not line.startswith("|--")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("name", FROM_TABLES)
def test_a_page_has_one_table_whose_rows_are_those_of_a_raw_one(name: str) -> None:
    (shown,) = tables_of(ROOT / f"docs/results/{name}.md")
    raw = [rows_of(path) for path in (ROOT / "results" / name / "tables").glob("*.csv")]
    assert any(set(shown) <= rows for rows in raw)


@pytest.mark.parametrize("name", FROM_TABLES)
def test_a_page_names_each_raw_table(name: str) -> None:
    text = (ROOT / f"docs/results/{name}.md").read_text(encoding="utf-8")
    named = set(re.findall(r"tables/(\w+)\.csv\)", text))
    (shown,) = tables_of(ROOT / f"docs/results/{name}.md")
    for path in (ROOT / "results" / name / "tables").glob("*.csv"):
        assert path.stem in named or set(shown) <= rows_of(path), path.name


@pytest.mark.parametrize("name", FROM_TABLES)
def test_a_page_says_how_to_run_it_again(name: str) -> None:
    text = (ROOT / f"docs/results/{name}.md").read_text(encoding="utf-8")
    assert re.search(r"^## Run it again\n+(?:.+\n+)*?```\n(?:leukolens|python) ", text, re.M)

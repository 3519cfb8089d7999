"""A bench for the tests of this room, on both databases, and a browser that opens it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmaker import day, opened
from browsing import chromium, serving, watched
from casemaker import postgres_of_its_own
from playwright.sync_api import Browser, Page

from leukolens.web.entry import Bench


@pytest.fixture(params=["file", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a test keeps its cases: in a file, and once more in an empty PostgreSQL database where there is one."""
    if request.param == "file":
        yield str(tmp_path / "day.case")
    else:
        with postgres_of_its_own() as address:
            yield address


@pytest.fixture
def bench(store: str, tmp_path: Path) -> Iterator[Bench]:
    """Over a day's case, with a reader of each role."""
    with opened(day(store), tmp_path) as made:
        yield made


@pytest.fixture
def served(store: str, tmp_path: Path) -> Iterator[tuple[Bench, str]]:
    """A local bench that listens, and the address by which its reader enters."""
    with serving(day(store), tmp_path) as found:
        yield found


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with watched(browser) as found:
        yield found

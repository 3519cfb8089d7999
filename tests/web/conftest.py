"""A browser for the tests of this room, and a bench that it opens."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmaker import day
from browsing import chromium, serving, watched
from playwright.sync_api import Browser, Page

from leukolens.web.entry import Bench


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Bench, str]]:
    """A local bench that listens, and the address by which its reader enters."""
    with serving(day(tmp_path / "day.case")) as found:
        yield found


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with watched(browser) as found:
        yield found

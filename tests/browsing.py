"""A bench that listens, Chromium that opens it, and axe-core that looks for what would keep people out.

Needs Chromium (Debian: `apt install chromium`); without one the tests are skipped.
"""

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest
import uvicorn
from benchmaker import PASSWORD, opened
from playwright.sync_api import Browser, Page, expect, sync_playwright

from leukolens.web.app import create_app
from leukolens.web.entry import Bench

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_TOUCHED = """[...document.querySelectorAll("button, a, input, select, textarea")].map((one) => {
  const { width, height } = one.getBoundingClientRect();
  return [one.textContent.trim() || one.name, width, height];
})"""
AXE = files("axe_playwright_python").joinpath("axe.min.js")


def port() -> int:
    """A free one."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(where: Path | str, folder: Path, *, local: bool = True, **limits: object) -> Iterator[tuple[Bench, str]]:
    """A bench over a store, and the address by which its reader enters: with the key, or by name and password."""
    place = f"127.0.0.1:{port()}"
    with opened(where, folder, local=local, hosts=frozenset({place}), **limits) as bench:
        config = uvicorn.Config(
            create_app(bench), port=int(place.rpartition(":")[2]), log_level="warning", lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield bench, f"http://{place}/enter?key={bench.key}" if local else f"http://{place}/login"
        server.force_exit = server.should_exit = True
        thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; its pages are to be made by `watched`."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium, which is not on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, **options: object) -> Iterator[Page]:
    """A page of a browser of its own (no cookie is shared) that fails the test when a script of it fails."""
    made = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    yield made
    made.context.close()
    assert wrong == []


def barriers(page: Page) -> list[str]:
    """What axe finds, by WCAG 2.2 AA."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = page.evaluate(f"axe.run({json.dumps({'runOnly': tags})})")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


def smaller(page: Page, least: int) -> list[str]:
    """What can be touched and is less than that many px high or wide."""
    return [
        f"{text} {width:.0f}x{height:.0f}"
        for text, width, height in page.evaluate(_TOUCHED)
        if 1 < min(width, height) < least  # the link that skips to the content shows when it has the focus
    ]


def sign(page: Page, *, role: str, reason: str | None = None) -> None:
    """Fill in the form of a patient's page and sign, with a password that is new. reason: why cells were left."""
    page.get_by_label("Your role in the laboratory").fill(role)
    if reason is not None:
        page.get_by_label("say why they were left").fill(reason)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button", name="Sign").click()
    expect(page.locator("#state")).to_have_text("signed")

"""The bench under load: how long 1,000 cells take to open, and a word to be acknowledged with 8 readers at once.

    python bench/review_speed.py --readers 8 --words 100
    python bench/review_speed.py --store postgresql://user@host/database

A server of its own process over a case of one patient with 1,000 cells with pictures. The page is timed until its
last byte is here; with --chromium until its scripts have run as well, and scrolled. Each reader says a word on cells of
their own, and asks what the patient comes to as often as the page does.
"""

import argparse
import io
import multiprocessing
import random
import shutil
import statistics
import tempfile
import threading
import time
import uuid
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import uvicorn
from PIL import Image

from leukolens import Case
from leukolens.cases.record import Answer, Cell, Judged, Picture
from leukolens.model.network_file import SHIPPED
from leukolens.web import server
from leukolens.web.accounts import Accounts
from leukolens.web.app import create_app
from leukolens.web.settings import ReviewSettings

PASSWORD = "correct horse battery"
PORT = 8797
HOST = f"127.0.0.1:{PORT}"
_PAUSE = (0.1, 0.3)
"""Seconds from a reader's word to the next, drawn evenly: a quick reader calls five cells a second."""
_LOOK = 0.3
"""Seconds after which the page asks again what the patient comes to, as `cells.js` does."""
_SCROLLING = 4.0
"""Seconds of a scroll through the whole page."""
_SCROLL = """([seconds]) => new Promise((done) => {
  const frames = [], begun = performance.now();
  let before = begun;
  const all = document.documentElement.scrollHeight;
  const frame = (now) => {
    if (now > before) frames.push((now - before) / 1000);
    before = Math.max(now, before);
    scrollTo(0, (all * (now - begun)) / (1000 * seconds));
    if (now - begun < 1000 * seconds) requestAnimationFrame(frame);
    else { scrollTo(0, 0); done(frames); }
  };
  requestAnimationFrame(frame);
})"""
"""Scrolls evenly through the whole page, and gives the seconds between its frames."""
_ANSWER = Answer(cell=Cell(), model_id="0123456789ab", version="0", verdict="ALL", p_all=0.9, judged_at="")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", help="a PostgreSQL database instead of a file")
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--words", type=int, default=100, help="of each reader")
    parser.add_argument("--chromium", action="store_true", help="open the page in it too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        where = arguments.store or str(Path(name, "day.case"))
        with Case.create(where, name=uuid.uuid4().hex) as case:
            number = case.id
            case.add([_cell(one) for one in range(arguments.cells)])
        names = [f"Reader {one}" for one in range(arguments.readers)]
        serving = multiprocessing.get_context("spawn").Process(target=serve, args=(where, name, names), daemon=True)
        serving.start()
        try:
            clients = [_entered(one) for one in names]
            patient = clients[0].get(f"/api/cases/{number}/patients").json()[0]["id"]
            page = f"/cases/{number}/patients/{patient}"
            _tell(f"opening {arguments.cells} cells", [_timed(clients[0], page) for _ in range(7)])
            if arguments.chromium:
                opened, frames = _in_chromium(clients[0], page)
                _tell(f"opening {arguments.cells} cells in Chromium", opened)
                _tell("a frame while scrolling through them", frames)
            listed = clients[0].get(f"/api{page}/cells").json()
            cells = [cell["id"] for cell in listed]
            said, looked = _words(clients, page, cells, words=arguments.words)
            _tell(f"a word, {len(names)} readers at once", said)
            _tell("what the patient comes to", looked)
        finally:
            serving.kill()
            serving.join()


def serve(where: str, folder: str, names: list[str]) -> None:
    """The server, in a process of its own."""
    accounts = Accounts(Path(folder, "readers.json"))
    for name in names:
        accounts.put(name, "reader", PASSWORD)
    settings = ReviewSettings(hosts=frozenset({HOST}), local=False, uploads=Path(folder, "uploads"))
    with server.bench(where, replace(settings), accounts, model=SHIPPED) as made:
        config = uvicorn.Config(create_app(made), port=PORT, log_level="warning", lifespan="off", access_log=False)
        uvicorn.Server(config).run()


def _cell(number: int) -> Judged:
    image = np.zeros((112, 112, 3), np.uint8)
    image[30:80, 30:80] = np.random.default_rng(number).integers(60, 160, (50, 50, 3))
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=80)
    picture = Picture(jpeg=file.getvalue(), evidence=bytes(196))
    answers = (replace(_ANSWER, picture=picture, p_all=0.5 + number / 5000),)
    return Judged(path=f"day/{number}.bmp", sha256=f"{number:064x}", patient="P1", answers=answers)


def _entered(name: str) -> httpx.Client:
    client = httpx.Client(base_url=f"http://{HOST}", timeout=60)
    for _ in range(300):
        try:
            login = client.post("/api/login", json={"name": name, "password": PASSWORD})
            break
        except httpx.ConnectError:
            time.sleep(0.1)
    client.headers["X-CSRF-Token"] = login.json()["csrf"]
    return client


def _timed(client: httpx.Client, address: str) -> float:
    begun = time.perf_counter()
    assert client.get(address).status_code == 200
    return time.perf_counter() - begun


def _in_chromium(client: httpx.Client, address: str) -> tuple[list[float], list[float]]:
    """Seconds until the page's own scripts have begun, and of each frame of two scrolls from its top to its end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": "leukolens", "value": client.cookies["leukolens"], "url": f"http://{HOST}"}])
        page = context.new_page()
        opened, frames = [], []
        for _ in range(5):
            begun = time.perf_counter()
            page.goto(f"http://{HOST}{address}", wait_until="domcontentloaded")
            page.locator("[aria-current=true].cell").wait_for()
            opened.append(time.perf_counter() - begun)
        for _ in range(2):
            frames += page.evaluate(_SCROLL, [_SCROLLING])
        browser.close()
    return opened, frames


def _words(clients: list[httpx.Client], page: str, cells: list[int], *, words: int) -> tuple[list[float], list[float]]:
    """Seconds of each word, and of each look at what the patient comes to, as the page takes it meanwhile."""
    said: list[float] = []
    looked: list[float] = []
    case = page.split("/")[2]

    def reader(client: httpx.Client, own: list[int]) -> None:
        versions, drawn, last = dict.fromkeys(own, 0), random.Random(own[0]), 0.0
        for turn in range(words):
            time.sleep(drawn.uniform(*_PAUSE))
            cell = own[turn % len(own)]
            given = {"verdict": "HEM" if turn % 2 else "ALL", "expected": versions[cell]}
            begun = time.perf_counter()
            answer = client.post(f"/api/cases/{case}/cells/{cell}/review", json=given)
            said.append(time.perf_counter() - begun)
            assert answer.status_code == 200, answer.text
            versions[cell] = answer.json()["version"]
            if begun - last >= _LOOK:
                last = begun
                looked.append(_timed(client, f"/api{page}?since={versions[cell]}"))

    threads = [
        threading.Thread(target=reader, args=(client, cells[number :: len(clients)]))
        for number, client in enumerate(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == words * len(clients)
    return said, looked


def _tell(what: str, seconds: list[float]) -> None:
    ordered = sorted(1000 * one for one in seconds)
    last = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    told = f"median {statistics.median(ordered):.0f} ms, p99 {last:.0f} ms, longest {ordered[-1]:.0f} ms"
    print(f"{what}: {told}, of {len(ordered)}", flush=True)


if __name__ == "__main__":
    main()

"""A bench for tests: generated cells judged into a case, and a client that speaks to the application in memory."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from casemaker import answer, judged
from starlette.testclient import TestClient

from leukolens import Case
from leukolens.cases.record import Picture
from leukolens.model.network_file import SHIPPED
from leukolens.web import server
from leukolens.web.accounts import Accounts
from leukolens.web.app import create_app
from leukolens.web.entry import Bench
from leukolens.web.settings import ReviewSettings

HOST = "127.0.0.1:8765"
PASSWORD = "correct horse battery"
JPEG = Picture(jpeg=b"\xff\xd8 a picture", evidence=bytes(196))
SCRIPT = "<script>alert(1)</script>"


def day(where: Path | str) -> str:
    """A case of patient H3 (an ALL, an uncertain, a refused cell) and one whose name is a script (a HEM)."""
    with Case.create(where, who="the run") as case:
        case.add(
            [
                judged("a.bmp", answer(p_all=0.9, picture=JPEG)),
                judged("b.bmp", answer(verdict="uncertain", p_all=0.55, picture=JPEG)),
                judged("c.bmp", answer(verdict="refused", p_all=None, reason="is blurred")),
                judged(f"{SCRIPT}.bmp", answer(verdict="HEM", p_all=0.1), patient=SCRIPT),
            ]
        )
    return str(where)


@contextmanager
def opened(where: Path | str, folder: Path, *, local: bool = False, **limits: object) -> Iterator[Bench]:
    """A bench over a store, with a reader of each role where it is not local. folder: for readers and uploads."""
    accounts = Accounts(folder / "readers.json")
    if not local:
        accounts.path.write_text(_three_readers())
        accounts.path.chmod(0o600)
    settings = ReviewSettings(hosts=frozenset({HOST}), local=local, uploads=folder / "uploads")
    with server.bench(str(where), replace(settings, **limits), accounts, model=SHIPPED) as bench:  # type: ignore[arg-type]
        yield bench


@cache
def _three_readers() -> str:
    """The file of readers, made once: each password costs 64 MiB and a tenth of a second, by design."""
    with TemporaryDirectory() as folder:
        accounts = Accounts(Path(folder, "readers.json"))
        for name, role in (("Anna", "reader"), ("Bert", "supervisor"), ("Cleo", "read-only")):
            accounts.put(name, role, PASSWORD)  # type: ignore[arg-type]
        return accounts.path.read_text()


def client(bench: Bench) -> TestClient:
    """A browser that has not entered."""
    return TestClient(create_app(bench), base_url=f"http://{HOST}", follow_redirects=False)


def entered(bench: Bench, name: str = "Anna") -> TestClient:
    """One that has, and sends the page's token."""
    browser = client(bench)
    answer = browser.post("/api/login", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return browser


def token(page: str) -> str:
    """The one that a page holds."""
    found = re.search(r'data-csrf="([^"]+)"', page)
    assert found is not None
    return found[1]

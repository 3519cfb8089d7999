"""Host, Origin and size are looked at before anything else, and every answer carries its headers."""

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from leukolens.web.guard import Guard
from leukolens.web.settings import ReviewSettings

HOST = "bench.example:8443"


async def length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())), headers={"X-Frame-Options": "SAMEORIGIN"})


def browser(**changes: Any) -> TestClient:
    routes = [Route(path, length, methods=["GET", "POST"]) for path in ("/", "/api/cases/1/uploads")]
    values: dict[str, Any] = {"hosts": frozenset({HOST}), "uploads": Path("none"), "max_body": 100, "max_upload": 1000}
    settings = ReviewSettings(**{**values, **changes})
    return TestClient(Guard(Starlette(routes=routes), settings), base_url=f"http://{HOST}")


@pytest.mark.parametrize("host", ["bench.example", "127.0.0.1:8443", f"{HOST}.evil.example", ""])
def test_another_name_is_not_answered(host: str) -> None:
    answer = browser().get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.headers["X-Frame-Options"] == "DENY"  # a refusal carries the headers too


@pytest.mark.parametrize(
    ("origin", "secure", "status"),
    [
        (f"http://{HOST}", False, 200),
        (f"https://{HOST}", False, 403),
        (f"https://{HOST}", True, 200),
        ("null", False, 403),
        ("http://evil.example", False, 403),
    ],
)
def test_a_change_comes_from_our_own_page(origin: str, secure: bool, status: int) -> None:
    client = browser(secure=secure)
    assert client.post("/", headers={"Origin": origin}).status_code == status
    assert client.get("/", headers={"Origin": origin}).status_code == 200  # looking changes nothing
    assert client.post("/").status_code == 200  # a program that is no browser sends none


def test_only_uploads_may_be_large() -> None:
    client = browser()
    assert client.post("/", content=b"x" * 100).text == "100"
    assert client.post("/", content=b"x" * 101).status_code == 413
    assert client.post("/api/cases/1/uploads", content=b"x" * 1000).text == "1000"
    assert client.post("/api/cases/1/uploads", content=b"x" * 1001).status_code == 413
    assert client.post("/", content=b"x", headers={"Content-Length": "many"}).status_code == 400


def test_a_body_that_gives_no_length_is_counted() -> None:
    def endless() -> Any:
        yield from [b"x" * 60] * 2

    assert browser().post("/", content=endless()).status_code == 413


def test_every_answer_has_its_headers_and_stays_out_of_caches() -> None:
    answer = browser().get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in answer.headers
    assert "Strict-Transport-Security" in browser(secure=True).get("/").headers

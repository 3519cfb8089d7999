"""Errors answer as JSON to a program and as a page to a reader, and what was sent is never shown again."""

import pytest
from benchmaker import client, entered

from leukolens.cases.review import Conflict, NotInCase, ReadOnly
from leukolens.web import api
from leukolens.web.entry import Bench

REVIEW = "/api/cases/1/cells/1/review"


@pytest.mark.parametrize(("error", "status"), [(Conflict(), 409), (ReadOnly(), 423), (NotInCase("cell"), 404)])
def test_each_refusal_has_its_status_reason_and_hint(
    bench: Bench, error: Exception, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(api, "review", refuse)
    answer = entered(bench).post(REVIEW, json={"verdict": "HEM", "expected": 0})
    assert answer.status_code == status
    assert answer.json() == {"error": error.reason, "hint": error.hint, "now": None}  # type: ignore[attr-defined]


def test_a_wrong_request_names_the_field_and_never_what_was_sent(bench: Bench) -> None:
    answer = client(bench).post("/api/login", json={"name": "Anna", "password": ["my secret"]})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("password: ")
    assert "my secret" not in answer.text


def test_a_page_shows_its_error_as_a_page(bench: Bench) -> None:
    answer = entered(bench).get("/cases/99/log")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "this store holds no such case" in answer.text
    assert client(bench).get("/no/such/place").status_code == 404


def test_the_api_is_described_behind_the_entry_alone(bench: Bench) -> None:
    assert client(bench).get("/openapi.json").status_code == 401
    described = entered(bench).get("/openapi.json").json()
    assert "/api/cases/{case_id}/cells/{cell_id}/review" in described["paths"]
    assert {client(bench).get(path).status_code for path in ("/docs", "/redoc")} == {404}


def test_static_files_need_no_entry(bench: Bench) -> None:
    assert client(bench).get("/static/review.css").headers["content-type"].startswith("text/css")
    assert client(bench).get("/static/../pages.py").status_code == 404

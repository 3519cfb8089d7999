"""Who asks: a cookie that only this server reads, a token for changes, roles, one answer to every wrong password."""

from dataclasses import replace

from benchmaker import PASSWORD, client, entered
from starlette.responses import Response

from leukolens.web.entry import Bench, cookie_name, enter

REVIEW = "/api/cases/1/cells/1/review"
WORD = {"verdict": "HEM", "expected": 0}


def test_the_cookie_is_bound_to_the_server_where_it_can_be(bench: Bench) -> None:
    secure = replace(bench, settings=replace(bench.settings, secure=True))
    assert cookie_name(secure.settings) == "__Host-leukolens"
    for one, ends in ((bench, False), (secure, True)):
        response = Response()
        enter(one, response, "Anna", "reader")
        cookie = response.headers["set-cookie"]
        assert cookie.startswith(f"{cookie_name(one.settings)}=")
        assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
        assert ("Secure" in cookie.split("; ")) is ends


def test_entering_again_ends_the_browser_s_old_session(bench: Bench) -> None:
    token, _ = bench.sessions.begin("Anna", "reader")
    enter(bench, Response(), "Anna", "reader", before=token)
    assert bench.sessions.find(token) is None


def test_pages_lead_to_the_entry_and_actions_say_so(bench: Bench) -> None:
    stranger = client(bench)
    assert stranger.get("/").headers["location"] == "/login"
    assert stranger.get("/api/cases").status_code == 401


def test_a_change_needs_the_page_s_token_and_looking_does_not(bench: Bench) -> None:
    browser = entered(bench)
    del browser.headers["X-CSRF-Token"]
    assert browser.get("/api/cases").status_code == 200
    refused = browser.post(REVIEW, json=WORD)
    assert (refused.status_code, refused.json()["error"]) == (
        403,
        "the request lacks the page's token; load the page again",
    )


def test_a_role_may_do_what_is_its_own(bench: Bench) -> None:
    assert entered(bench, "Cleo").post(REVIEW, json=WORD).json()["error"] == "a read-only account may not do this"
    assert entered(bench, "Anna").post(REVIEW, json=WORD).status_code == 200
    amendment = "/api/cases/1/patients/1/amendment"
    assert entered(bench, "Anna").post(amendment, json={"reason": "x"}).status_code == 403
    assert entered(bench, "Bert").post(amendment, json={"reason": "x"}).status_code == 422  # not signed yet


def test_a_case_of_another_store_is_not_there(bench: Bench) -> None:
    answer = entered(bench).get("/api/cases/99/patients")
    assert (answer.status_code, answer.json()["error"]) == (404, "this store holds no such case")


def test_a_wrong_name_and_a_wrong_password_are_told_alike_until_the_lock(bench: Bench) -> None:
    stranger = client(bench)
    told = [stranger.post("/api/login", json={"name": name, "password": "wrong"}) for name in ("Anna", "nobody")]
    assert {(one.status_code, one.json()["error"]) for one in told} == {(403, "wrong name or password")}
    for _ in range(bench.settings.failures):
        stranger.post("/api/login", json={"name": "Anna", "password": "wrong"})
    assert stranger.post("/api/login", json={"name": "Anna", "password": PASSWORD}).status_code == 429

"""Attacks on the bench, a test each: none gets in, none leaves a trace that runs."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from benchmaker import HOST, PASSWORD, SCRIPT, client, day, entered, opened
from PIL import Image
from starlette.testclient import TestClient

from leukolens.web.accounts import Accounts
from leukolens.web.entry import Bench
from leukolens.web.server import Place, ServerError
from leukolens.web.sessions import Sessions

REVIEW = "/api/cases/1/cells/1/review"
WORD = {"verdict": "HEM", "expected": 0}


def upload(browser: TestClient, name: str, data: bytes, *, patient: str = "H9") -> list[dict[str, object]]:
    answer = browser.post("/api/cases/1/uploads", files={"files": (name, data)}, data={"patient": patient})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()
    return found


def judged(bench: Bench, browser: TestClient) -> list[dict[str, object]]:
    """The files of patient H9 once all that waits is judged."""
    bench.judging.settle()
    with bench.shelf.case(1, who="").reading() as connection:
        query = "SELECT path, verdict, reason FROM inputs JOIN verdicts ON input_id = inputs.id WHERE patient = 'H9'"
        return [dict(row._mapping) for row in connection.exec_driver_sql(query)]


def test_a_stranger_sees_nothing(bench: Bench) -> None:
    browser = client(bench)
    for address in ("/", "/cases/1/patients/1", "/cases/1/cells/1/picture.jpg", "/cases/1/log"):
        assert browser.get(address).headers["location"] == "/login"
    for address in ("/api/cases", "/api/cases/1/patients", "/api/cases/1/check", "/openapi.json"):
        assert browser.get(address).status_code == 401
    assert browser.post(REVIEW, json=WORD).status_code == 401


def test_a_change_without_the_page_s_token_is_refused(bench: Bench) -> None:
    browser = entered(bench)
    for forged in ("", "guessed", "ü"):
        answer = browser.post(REVIEW, json=WORD, headers={"X-CSRF-Token": forged.encode()})
        assert answer.status_code == 403
    assert browser.post(REVIEW, json=WORD).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", f"https://{HOST}"])
def test_a_request_from_another_site_is_refused(bench: Bench, origin: str) -> None:
    assert entered(bench).post(REVIEW, json=WORD, headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:8765.evil.example"])
def test_a_name_that_was_rebound_to_this_machine_is_not_answered(bench: Bench, host: str) -> None:
    assert entered(bench).get("/", headers={"Host": host}).status_code == 421


def test_every_answer_forbids_foreign_content_and_frames(bench: Bench) -> None:
    browser = entered(bench)
    for answer in (browser.get("/"), browser.get("/static/review.css"), browser.get("/nowhere"), browser.get("/login")):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_pages_name_no_other_place(bench: Bench) -> None:
    browser = entered(bench)
    for address in ("/", "/cases/1/patients/1", "/cases/1/log", "/static/review.css", "/static/gallery.js"):
        text = browser.get(address).text
        assert "http://" not in text
        assert "https://" not in text
        assert "style=" not in text


def test_a_script_in_a_name_or_note_is_text(bench: Bench) -> None:
    browser = entered(bench)
    browser.post("/api/cases/1/cells/4/review", json={"note": SCRIPT, "expected": 0})
    for address in ("/", "/cases/1/patients/4", "/cases/1/log"):
        text = browser.get(address).text
        assert "<script>alert" not in text
        assert "alert(1)" in text


def test_a_case_id_of_another_store_and_a_cell_of_another_case_are_out_of_reach(bench: Bench) -> None:
    browser = entered(bench, "Bert")
    version = browser.post(REVIEW, json=WORD).json()["version"]
    given = {"role": "x", "meaning": "y", "expected": version, "reason": "z", "password": PASSWORD}
    assert browser.post("/api/cases/1/patients/1/signature", json=given).status_code == 200
    made = browser.post("/api/cases/1/patients/1/amendment", json={"reason": "z"}).json()["case"]
    for address in ("/api/cases/99/patients", f"/cases/{made}/cells/1/picture.jpg", f"/cases/{made}/patients/1"):
        assert browser.get(address).status_code == 404
    assert browser.get("/cases/1/cells/1/picture.jpg").status_code == 200
    assert browser.post(f"/api/cases/{made}/cells/4/review", json=WORD).status_code == 404
    assert browser.post(f"/api/cases/{made}/patients/4/signature", json=given).status_code == 404


def test_a_read_only_account_changes_nothing(bench: Bench) -> None:
    browser = entered(bench, "Cleo")
    assert browser.get("/cases/1/patients/1").status_code == 200
    assert browser.post(REVIEW, json=WORD).status_code == 403
    assert browser.post("/api/cases/1/cells/1/undo", json={"expected": 0}).status_code == 403
    assert browser.get("/cases/1/patients/1/export/csv").status_code == 403
    assert browser.post("/api/cases/1/uploads", files={"files": ("a.png", b"x")}).status_code == 403


# entering


def test_a_session_that_was_planted_or_left_is_worth_nothing(bench: Bench) -> None:
    browser = client(bench)
    browser.cookies.set("leukolens", "planted")
    answer = browser.post("/api/login", json={"name": "Anna", "password": PASSWORD})
    made = answer.cookies["leukolens"]
    assert made != "planted"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    other = client(bench)
    other.cookies.set("leukolens", "planted")
    assert other.get("/api/cases").status_code == 401
    browser.post("/api/login", json={"name": "Anna", "password": PASSWORD}, cookies={"leukolens": made})
    other.cookies.set("leukolens", made)
    assert other.get("/api/cases").status_code == 401  # entering again ended it


def test_leaving_ends_the_session_on_the_server(bench: Bench) -> None:
    browser = entered(bench)
    kept = browser.cookies["leukolens"]
    browser.post("/api/logout", json={})
    browser.cookies.set("leukolens", kept)
    assert browser.get("/api/cases").status_code == 401


def test_a_session_ends_when_nobody_uses_it_and_after_a_day_s_work(bench: Bench) -> None:
    now = 0.0
    sessions = Sessions(bench.settings, clock=lambda: now)
    idle, _ = sessions.begin("Anna", "reader")
    busy, _ = sessions.begin("Anna", "reader")
    while now < bench.settings.longest:
        assert sessions.find(busy) is not None
        now += bench.settings.idle - 1
    assert sessions.find(idle) is None
    assert sessions.find(busy) is None


def test_a_name_is_locked_after_wrong_passwords_at_entry_and_at_signing(bench: Bench) -> None:
    browser = entered(bench)
    given = {"role": "x", "meaning": "y", "expected": 0, "reason": "z", "password": "wrong wrong wrong"}
    for _ in range(bench.settings.failures):
        assert browser.post("/api/cases/1/patients/1/signature", json=given).status_code == 403
    right = {**given, "password": PASSWORD}
    assert browser.post("/api/cases/1/patients/1/signature", json=right).status_code == 429
    assert browser.post("/login", data={"name": "Anna", "password": PASSWORD}).status_code == 429


def test_passwords_are_kept_as_argon2id_in_a_private_file(bench: Bench) -> None:
    path = bench.accounts.path
    text = path.read_text()
    assert PASSWORD not in text
    assert "$argon2id$" in text
    assert path.stat().st_mode & 0o077 == 0


def test_no_server_opens_beyond_this_machine_without_tls_a_name_and_a_reader(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "readers.json")
    pem = (tmp_path / "cert.pem", tmp_path / "key.pem")
    for place, missing in (
        (Place(host="0.0.0.0"), "TLS"),
        (Place(host="0.0.0.0", tls=pem), "name"),
        (Place(behind_proxy=True), "name"),
        (Place(host="0.0.0.0", tls=pem, names=("x.example",)), "nobody may log in"),
    ):
        with pytest.raises(ServerError, match=missing):
            place.check(accounts)
    Place().check(accounts)
    assert "127.0.0.1:8765" not in Place(host="0.0.0.0", tls=pem, names=("x.example",)).hosts()


# uploads


def png(width: int, height: int) -> bytes:
    """A PNG that claims to be that large and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def bmp() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 300), (90, 40, 110)).save(file, "BMP")
    return file.getvalue()


@pytest.mark.parametrize("data", [b"<svg onload='alert(1)'/>", b"<html>", b"", b"PK\x03\x04"])
def test_what_is_no_picture_is_not_even_kept(bench: Bench, data: bytes) -> None:
    (found,) = upload(entered(bench), "cell.png", data)
    assert found["taken"] is False
    assert not bench.settings.uploads.exists()


def test_a_path_in_a_file_s_name_leads_nowhere(bench: Bench) -> None:
    browser = entered(bench)
    for name in ("../../evil.bmp", "..\\evil.bmp", "/etc/evil.bmp", "C:\\evil.bmp"):
        assert upload(browser, name, bmp())[0]["name"] == "evil.bmp"
    assert [one["path"] for one in judged(bench, browser)] == ["evil.bmp"]
    (kept,) = bench.settings.uploads.iterdir()
    assert len(kept.name) == 64


def test_another_picture_of_the_same_name_replaces_none(bench: Bench) -> None:
    browser = entered(bench)
    upload(browser, "a.bmp", bmp())
    assert [str(one["path"])[:3] for one in judged(bench, browser)] == ["a ("]
    assert browser.get("/api/cases/1/check").json()["findings"] == []


def test_an_image_bomb_becomes_an_unreadable_input(bench: Bench) -> None:
    browser = entered(bench)
    upload(browser, "bomb.png", png(60_000, 60_000))
    (found,) = judged(bench, browser)
    assert found["verdict"] is None
    assert "pixels" in str(found["reason"])


def test_too_much_at_once_is_turned_away_before_it_is_looked_at(store: str, tmp_path: Path) -> None:
    with opened(day(store), tmp_path, max_upload=10_000, max_files=3, max_waiting=0) as bench:
        browser = entered(bench)
        address = "/api/cases/1/uploads"
        assert browser.post(address, files={"files": ("a.bmp", bmp())}).status_code == 413
        assert browser.post(REVIEW, content=b" " * 100_000).status_code == 413
        unsized = (b"x" * 5000 for _ in range(3))  # without a Content-Length
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        assert browser.post(address, content=unsized, headers=kind).status_code == 413
        many = [("files", (f"{number}.bmp", b"BM")) for number in range(4)]
        assert browser.post(address, files=many).status_code == 400
        assert browser.post(address, files=many[:1]).status_code == 429


def test_a_signed_patient_takes_no_more_pictures(bench: Bench) -> None:
    browser = entered(bench)
    given = {"role": "x", "meaning": "y", "expected": 0, "reason": "z", "password": PASSWORD}
    assert browser.post("/api/cases/1/patients/1/signature", json=given).status_code == 200
    upload(browser, "new.bmp", bmp(), patient="H3")
    bench.judging.settle()
    assert "signed" in bench.judging.progress(1).error
    assert len(list(bench.shelf.case(1, who="").rows())) == 4

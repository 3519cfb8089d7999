"""What a reader does at the bench: the list, a verdict, a conflict, a signature, an amendment, what is handed on."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from benchmaker import PASSWORD, SCRIPT, client, day, entered, opened, token
from starlette.testclient import TestClient

from leukolens.web.entry import Bench


def patient(browser: TestClient, name: str = "H3") -> int:
    found = browser.get("/api/cases/1/patients").json()
    return int(next(one["id"] for one in found if one["name"] == name))


def cells(browser: TestClient, name: str = "H3", **query: Any) -> dict[str, dict[str, Any]]:
    found = browser.get(f"/api/cases/1/patients/{patient(browser, name)}/cells", params=query).json()
    return {cell["path"]: cell for cell in found}


def say(browser: TestClient, path: str, verdict: str, *, expected: int = 0, blind: bool = False) -> Any:
    address = f"/api/cases/1/cells/{cells(browser)[path]['id']}/review"
    return browser.post(address, json={"verdict": verdict, "expected": expected}, params={"blind": blind})


def sign(browser: TestClient, *, blind: bool = False, **changes: Any) -> Any:
    given = {"role": "technician", "meaning": "read", "expected": 0, "password": PASSWORD, "reason": "", **changes}
    return browser.post(f"/api/cases/1/patients/{patient(browser)}/signature", json=given, params={"blind": blind})


def test_the_pages_show_both_verdicts(bench: Bench) -> None:
    browser = entered(bench)
    assert "H3" in browser.get("/").text
    assert say(browser, "a.bmp", "HEM").json()["verdict"] == "HEM"
    page = browser.get(f"/cases/1/patients/{patient(browser)}").text
    tile = page[page.index(f'data-cell="{cells(browser)["a.bmp"]["id"]}"') :]
    tile = tile[: tile.index("</button>")]
    assert "ALL" in tile
    assert "0.90" in tile
    assert "● HEM" in tile


def test_counts_and_share_follow(bench: Bench) -> None:
    browser = entered(bench)
    address = f"/api/cases/1/patients/{patient(browser)}"
    before = browser.get(address).json()
    say(browser, "b.bmp", "ALL")
    after = browser.get(address, params={"since": before["version"]}).json()
    assert (before["read"], after["read"], before["state"], after["state"]) == (0, 1, "new", "in review")
    assert (before["counts"]["uncertain"], after["counts"]["uncertain"], after["counts"]["ALL"]) == (1, 0, 2)
    assert after["share"]["low"] > before["share"]["low"]
    (word,) = after["changed"].values()
    assert (word["verdict"], word["reader"]) == ("ALL", "Anna")


def test_a_conflict_brings_what_stands(bench: Bench) -> None:
    anna, bert = entered(bench), entered(bench, "Bert")
    assert say(anna, "a.bmp", "HEM").status_code == 200
    late = say(bert, "a.bmp", "ALL")
    assert late.status_code == 409
    assert (late.json()["now"]["verdict"], late.json()["now"]["reader"]) == ("HEM", "Anna")
    assert say(bert, "a.bmp", "ALL", expected=late.json()["now"]["version"]).status_code == 200


def test_undo_and_a_note(bench: Bench) -> None:
    browser = entered(bench)
    word = say(browser, "a.bmp", "HEM").json()
    address = f"/api/cases/1/cells/{cells(browser)['a.bmp']['id']}"
    word = browser.post(f"{address}/review", json={"note": SCRIPT, "expected": word["version"]}).json()
    assert (word["verdict"], word["note"]) == ("HEM", SCRIPT)
    word = browser.post(f"{address}/undo", json={"expected": word["version"]}).json()
    assert (word["verdict"], word["note"]) == ("HEM", "")


def test_signing_needs_every_cell_or_a_reason_and_the_password(bench: Bench) -> None:
    browser = entered(bench)
    assert "3 cells are unreviewed" in sign(browser).json()["error"]
    assert sign(browser, password="wrong wrong wrong", reason="x").status_code == 403
    assert sign(browser, expected=7, reason="x").status_code == 409
    assert sign(browser, reason="clear enough").status_code == 200
    assert say(browser, "a.bmp", "HEM").status_code == 423
    page = browser.get(f"/cases/1/patients/{patient(browser)}").text
    assert "clear enough" in page
    assert 'id="sign"' not in page


def test_amending_opens_a_new_version(bench: Bench) -> None:
    anna, bert = entered(bench), entered(bench, "Bert")
    sign(anna, reason="clear enough")
    address = f"/api/cases/1/patients/{patient(anna)}/amendment"
    assert anna.post(address, json={"reason": "wrong cell"}).status_code == 403
    made = bert.post(address, json={"reason": "wrong cell"}).json()
    page = bert.get(f"/cases/{made['case']}/patients/{made['patient']}").text
    assert 'id="sign"' in page
    assert "amends" in page
    assert bert.get(f"/api/cases/{made['case']}/check").json()["findings"] == []


def test_a_second_reader_reads_blind_and_agreement_is_shown_when_both_signed(bench: Bench) -> None:
    anna, bert = entered(bench), entered(bench, "Bert")
    versions = {}
    for path, first, second in (("a.bmp", "ALL", "ALL"), ("b.bmp", "ALL", "HEM"), ("c.bmp", "HEM", "HEM")):
        versions["Anna"] = say(anna, path, first).json()["version"]
        versions["Bert"] = say(bert, path, second, blind=True).json()["version"]
    assert {cell["word"]["reader"] for cell in cells(bert, blind=True).values()} == {"Bert"}
    assert sign(bert, blind=True, expected=versions["Bert"]).status_code == 200
    assert "κ" not in anna.get(f"/cases/1/patients/{patient(anna)}").text
    assert sign(anna, expected=versions["Anna"]).status_code == 200
    page = anna.get(f"/cases/1/patients/{patient(anna)}").text
    assert "2 of 3 cells alike, κ = 0.40" in page
    table = page.partition('<table class="differ">')[2].partition("</table>")[0]
    assert [table.count(one) for one in ("Anna", "Bert", "b.bmp", "a.bmp")] == [1, 1, 1, 0]


def test_the_log_holds_every_step_and_the_check_finds_a_changed_row(bench: Bench) -> None:
    browser = entered(bench)
    say(browser, "a.bmp", "HEM")
    browser.get(f"/cases/1/patients/{patient(browser)}")
    browser.get(f"/cases/1/patients/{patient(browser)}/export/csv")
    with bench.shelf.case(1, who="").reading() as connection:
        said = [tuple(row) for row in connection.exec_driver_sql("SELECT who, action, new FROM log ORDER BY seq")]
    assert said[-3:] == [("Anna", "reviewed", "HEM"), ("Anna", "viewed", ""), ("Anna", "exported", "csv")]
    assert browser.get("/api/cases/1/check").json()["findings"] == []
    with bench.shelf.case(1, who="").change() as change:
        change.connection.exec_driver_sql("UPDATE reviews SET verdict = 'ALL'")
    (finding,) = browser.get("/api/cases/1/check").json()["findings"]
    assert "reviews row 1 (a.bmp): was edited" in finding


def test_what_is_handed_on_is_valid(bench: Bench) -> None:
    fhir = pytest.importorskip("fhir.resources.diagnosticreport")
    browser = entered(bench)
    say(browser, "a.bmp", "HEM")
    sign(browser, expected=1, reason="clear enough")
    address = f"/cases/1/patients/{patient(browser)}/export"
    answer = browser.get(f"{address}/fhir")
    assert "H3" not in answer.headers["content-disposition"]
    report = fhir.DiagnosticReport.model_validate_json(answer.text)
    counts = {one.code.text: one.valueInteger for one in report.contained if one.valueInteger is not None}
    assert report.status == "final"
    assert (counts["Cells: HEM"], counts["Cells: uncertain"], counts["Cells: not judged"]) == (1, 1, 1)
    table = list(csv.DictReader(io.StringIO(browser.get(f"{address}/csv").text)))
    (first,) = (row for row in table if row["path"] == "a.bmp")
    assert (first["software"], first["reader_verdict"], first["counts_as"], first["reader"]) == (
        *("ALL", "HEM", "HEM"),
        "Anna",
    )


def test_a_local_reader_enters_by_the_key_and_sets_a_password_to_sign(store: str, tmp_path: Path) -> None:
    with opened(day(store), tmp_path, local=True) as bench:
        browser = client(bench)
        assert browser.get("/").headers["location"] == "/login"
        assert browser.get("/enter", params={"key": "guessed"}).status_code == 403
        assert browser.get("/enter", params={"key": bench.key}).headers["location"] == "/"
        browser.headers["X-CSRF-Token"] = token(browser.get("/").text)
        assert browser.post("/password", data={"password": "short"}).status_code == 422
        assert browser.post("/password", data={"password": PASSWORD}).status_code == 204
        assert browser.post("/password", data={"password": PASSWORD * 2}).status_code == 403
        assert sign(browser, reason="clear enough").status_code == 200


@pytest.mark.parametrize(
    ("language", "word"), [("de", "Arbeitsliste"), ("fr", "Liste de travail"), ("xx", "Work list")]
)
def test_the_page_speaks_the_browser_s_language(bench: Bench, language: str, word: str) -> None:
    assert word in entered(bench).get("/", headers={"Accept-Language": f"{language},en;q=0.5"}).text


def test_teaching_is_offered_once_enough_cells_are_signed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leukolens.web.pages.FEWEST", 2)
    monkeypatch.setattr("leukolens.web.pages.FEWEST_OF_A_CLASS", 1)
    browser = entered(bench)
    for path, verdict in (("a.bmp", "ALL"), ("b.bmp", "HEM"), ("c.bmp", "not assessable")):
        last = say(browser, path, verdict).json()
    assert "leukolens adapt" not in browser.get("/").text  # read, not signed
    assert sign(browser, expected=last["version"]).status_code == 200
    assert "1 ALL, 1 HEM" in browser.get("/").text
    monkeypatch.setattr("leukolens.web.pages.FEWEST_OF_A_CLASS", 2)
    assert "leukolens adapt" not in browser.get("/").text  # `adapt` itself would refuse it

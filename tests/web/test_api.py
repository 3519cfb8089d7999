"""The actions as a program uses them: shapes, versions, and what stands after each."""

from typing import Any

import pytest
from benchmaker import PASSWORD, client, entered
from starlette.testclient import TestClient

from leukolens.web.entry import Bench


def ids(browser: TestClient) -> tuple[int, dict[str, int]]:
    """Patient H3, and its cells by path."""
    listed = browser.get("/api/cases/1/patients").json()
    patient = next(one["id"] for one in listed if one["name"] == "H3")
    cells = browser.get(f"/api/cases/1/patients/{patient}/cells").json()
    return patient, {cell["path"]: cell["id"] for cell in cells}


def test_entering_brings_the_token_and_leaving_ends_it(bench: Bench) -> None:
    browser = client(bench)
    given = browser.post("/api/login", json={"name": "Anna", "password": PASSWORD}).json()
    assert set(given) == {"csrf"}
    assert browser.post("/api/logout").status_code == 403
    assert browser.post("/api/logout", headers={"X-CSRF-Token": given["csrf"]}).json() == {}
    assert browser.get("/api/cases").status_code == 401


def test_cases_patients_and_cells_are_listed(bench: Bench) -> None:
    browser = entered(bench)
    assert [(one["id"], one["name"]) for one in browser.get("/api/cases").json()] == [(1, bench.shelf.cases()[0].name)]
    patient, cells = ids(browser)
    assert list(cells) == ["b.bmp", "a.bmp", "c.bmp"]  # the uncertain first, what has no probability last
    found = browser.get(f"/api/cases/1/patients/{patient}").json()
    assert (found["state"], found["version"], found["cells"], found["read"], found["changed"]) == ("new", 0, 3, 0, {})
    assert found["share"]["share"] == 1.0


def test_since_brings_only_what_changed_after_it(bench: Bench) -> None:
    browser = entered(bench)
    patient, cells = ids(browser)
    first, second = (
        browser.post(f"/api/cases/1/cells/{cells[path]}/review", json={"verdict": "HEM", "expected": 0}).json()
        for path in ("a.bmp", "b.bmp")
    )
    found = browser.get(f"/api/cases/1/patients/{patient}", params={"since": first["version"]}).json()
    assert found["changed"] == {str(cells["b.bmp"]): second}
    assert (found["version"], found["state"], found["differ"]) == (second["version"], "in review", 1)
    undone = browser.post(f"/api/cases/1/cells/{cells['b.bmp']}/undo", json={"expected": second["version"]}).json()
    assert (undone["verdict"], undone["version"] > second["version"]) == ("", True)


@pytest.mark.parametrize(
    "given",
    [
        {"verdict": "leukemia", "expected": 0},
        {"verdict": "ALL"},
        {"verdict": "ALL", "expected": -1},
        {"note": "x" * 2001, "expected": 0},
    ],
)
def test_what_is_no_word_is_refused(bench: Bench, given: dict[str, Any]) -> None:
    browser = entered(bench)
    assert browser.post("/api/cases/1/cells/1/review", json=given).status_code == 422


def test_a_signature_asks_for_the_password_again_and_an_amendment_is_numbered(bench: Bench) -> None:
    browser = entered(bench, "Bert")
    patient, _ = ids(browser)
    given = {"expected": 0, "role": "physician", "meaning": "read", "reason": "enough", "password": "wrong"}
    wrong = browser.post(f"/api/cases/1/patients/{patient}/signature", json=given)
    assert (wrong.status_code, wrong.json()["error"]) == (403, "this is not your password")
    signed = browser.post(f"/api/cases/1/patients/{patient}/signature", json=given | {"password": PASSWORD}).json()
    assert (signed["name"], signed["role"], signed["reason"]) == ("Bert", "physician", "enough")
    made = browser.post(f"/api/cases/1/patients/{patient}/amendment", json={"reason": "a wrong cell"}).json()
    names = {one["id"]: one["name"] for one in browser.get("/api/cases").json()}
    assert names[made["case"]] == f"{names[1]} · amendment 1"
    checked = browser.get(f"/api/cases/{made['case']}/check").json()
    assert checked["findings"] == []
    assert checked["rows"] > 0

"""Pages: entry by key or password, the work list, a patient, and the log a page at a time."""

from dataclasses import replace
from pathlib import Path

import pytest
from benchmaker import PASSWORD, client, day, entered, opened
from cardmaker import CARD
from casemaker import answer, judged
from sharemaker import SHARE_RULE

from leukolens.web import pages
from leukolens.web.entry import Bench
from leukolens.web.pages import REMARKS


def test_the_key_enters_a_local_bench_alone(bench: Bench, tmp_path: Path) -> None:
    assert client(bench).get("/enter", params={"key": ""}).status_code == 403
    with opened(day(tmp_path / "local.case"), tmp_path / "local", local=True) as local:
        browser = client(local)
        assert browser.get("/enter", params={"key": local.key + "x"}).status_code == 403
        assert browser.get("/enter", params={"key": local.key}).headers["location"] == "/"
        assert browser.get("/").status_code == 200


def test_the_entry_s_form_says_when_it_was_wrong(bench: Bench) -> None:
    browser = client(bench)
    wrong = browser.post("/login", data={"name": "Anna", "password": "wrong"})
    assert wrong.status_code == 403
    assert "wrong name or password" in wrong.text
    assert 'value="Anna"' in wrong.text
    assert browser.post("/login", data={"name": "Anna", "password": PASSWORD}).headers["location"] == "/"


def test_the_work_list_names_patients_and_a_viewing_is_logged(bench: Bench) -> None:
    browser = entered(bench)
    assert "H3" in browser.get("/").text
    page = browser.get("/cases/1/patients/1").text
    assert "a.bmp" in page
    assert browser.get("/cases/1/patients/10000").status_code == 404
    last = list(bench.shelf.case(1, who="").log())[-1]
    assert (last.action, last.subject, last.who) == ("viewed", "H3", "Anna")


def test_the_work_list_warns_of_few_cells_and_of_another_stain(bench: Bench) -> None:
    assert "few cells" not in entered(bench).get("/").text  # without a card nothing is known
    case, fewest = bench.shelf.case(1, who="the run"), SHARE_RULE.min_cells
    case.use(replace(CARD, share_rule=replace(SHARE_RULE, hues=(280.0, 300.0))))
    hues = {"as known": 290.0, "otherwise": 200.0}
    for patient, hue in hues.items():
        one = answer(p_all=0.9, hue=hue)
        case.add([judged(f"{patient} {n}", one, patient=patient, sha256=f"{n:064x}") for n in range(fewest)])
    lines = entered(bench).get("/").text.split("<tr ")
    told = {name: [one for one in REMARKS if one in line] for line in lines for name in ("H3", *hues) if name in line}
    assert told == {"H3": ["few cells"], "as known": [], "otherwise": ["other stain"]}


def test_a_file_without_a_cell_is_named_with_the_reason(bench: Bench) -> None:
    gone = answer(cell=None, verdict=None, p_all=None, reason="is empty (0 bytes)")
    bench.shelf.case(1, who="the run").add([judged("gone.bmp", gone, kind="unreadable", sha256="")])
    page = entered(bench).get("/cases/1/patients/1").text
    assert "gone.bmp</bdi>: is empty (0 bytes)." in page


def test_a_page_that_is_not_there_leads_back(bench: Bench) -> None:
    answered = entered(bench).get("/nothing")
    assert answered.status_code == 404
    assert "there is no such page" in answered.text
    assert "Back to the work list" in answered.text


def test_a_read_only_account_reads_nothing_blind(bench: Bench) -> None:
    assert entered(bench, "Cleo").get("/cases/1/patients/1", params={"blind": True}).status_code == 403
    assert entered(bench, "Anna").get("/cases/1/patients/1", params={"blind": True}).status_code == 200


def test_the_log_comes_a_page_at_a_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_LOG_PAGE", 2)
    browser = entered(bench)
    entries = list(bench.shelf.case(1, who="").log())
    first = browser.get("/cases/1/log").text
    assert all(one.digest[:8] in first or one.subject.partition(".")[0] in first for one in entries[-1:])
    assert f"before={entries[-2].seq}" in first
    oldest = browser.get("/cases/1/log", params={"before": 3}).text
    assert "created" in oldest
    assert "before=" not in oldest


def test_a_first_password_is_set_only_by_the_reader_of_a_local_bench(bench: Bench, tmp_path: Path) -> None:
    assert entered(bench).post("/password", data={"password": PASSWORD}).status_code == 403


def test_a_language_is_one_that_there_is(bench: Bench) -> None:
    browser = client(bench)
    assert browser.get("/language/de").headers["set-cookie"].startswith("language=de;")
    assert browser.get("/language/xx").status_code == 404


def test_the_store_s_address_is_shown_without_its_password() -> None:
    assert pages._shown("postgresql://me:secret@host/day?x=1") == "day"
    assert pages._shown("/home/anna/day.case") == "day.case"
    assert (pages.static_folder() / "review.css").is_file()

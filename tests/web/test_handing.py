"""What is handed on is a download without a patient's name in it, and stands in the log."""

import pytest
from benchmaker import entered

from leukolens.web.entry import Bench

ADDRESS = "/cases/1/patients/1/export"


@pytest.mark.parametrize(
    ("form", "kind", "start"), [("csv", "text/csv", "patient,"), ("fhir", "application/fhir+json", "{")]
)
def test_a_reading_is_a_download_of_its_kind(bench: Bench, form: str, kind: str, start: str) -> None:
    answer = entered(bench).get(f"{ADDRESS}/{form}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.text.startswith(start)
    offered = answer.headers["content-disposition"]
    assert offered.startswith('attachment; filename="case-1-')
    assert "H3" not in offered
    last = list(bench.shelf.case(1, who="").log())[-1]
    assert (last.action, last.subject, last.new, last.who) == ("exported", "H3", form, "Anna")


def test_only_readers_hand_on_and_only_in_forms_that_there_are(bench: Bench) -> None:
    before = len(list(bench.shelf.case(1, who="").log()))
    assert entered(bench, "Cleo").get(f"{ADDRESS}/csv").status_code == 403
    assert entered(bench).get(f"{ADDRESS}/exe").status_code == 422
    assert entered(bench).get("/cases/1/patients/9999/export/csv").status_code == 404
    assert len(list(bench.shelf.case(1, who="").log())) == before

"""What the OpenAPI allows and what not, as reader, read-only and stranger: no 5xx, nothing that a role lacks."""

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import Any

import pytest
import requests
from benchmaker import PASSWORD
from browsing import serving
from casemaker import postgres_of_its_own
from handmaker import case_to_hand_on
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from leukolens.web.app import create_app
from leukolens.web.entry import Bench

schemathesis = pytest.importorskip("schemathesis")
pytestmark = pytest.mark.slow
READS = {"/api/cases", "/api/login"}
ENDLESS = "/progress"
NOTHING_BUT_LOOKING = {"viewed"}
SENT = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module", params=["file", "postgres"])
def reached(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, str]]:
    """A bench with an account of each role, and its address."""
    folder = tmp_path_factory.mktemp("bench")
    with postgres_of_its_own() if request.param == "postgres" else nullcontext(str(folder / "day.case")) as store:
        with case_to_hand_on(folder, where=store):
            pass
        with serving(store, folder, local=False, failures=10**6, max_waiting=20) as (bench, address):
            yield bench, address.removesuffix("/login")


def operations(bench: Bench) -> list[Any]:
    """All that end; leaving would end the session that they need."""
    guard = create_app(bench)
    described = schemathesis.openapi.from_dict(guard._app.openapi())  # type: ignore[attr-defined]
    found = [one.ok() for one in described.get_all_operations()]
    assert len(found) > 13
    return [one for one in found if not one.path.endswith(("/logout", ENDLESS))]


def session(address: str, name: str) -> requests.Session:
    made = requests.Session()
    if name:
        answer = made.post(f"{address}/api/login", json={"name": name, "password": PASSWORD}, timeout=30)
        made.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return made


def send(reached: tuple[Bench, str], name: str, *, valid: bool) -> dict[str, set[int]]:
    """Each operation with drawn values, as a reader. Operation → the codes that came back."""
    bench, address = reached
    entered = session(address, name)
    mode = schemathesis.GenerationMode.POSITIVE if valid else schemathesis.GenerationMode.NEGATIVE
    codes: dict[str, set[int]] = {}
    for operation in operations(bench):
        seen = codes.setdefault(f"{operation.method.upper()} {operation.path}", set())
        _send(operation, mode, address, entered, seen)
    return codes


def _send(operation: Any, mode: Any, address: str, entered: requests.Session, seen: set[int]) -> None:
    @SENT
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        case.headers.clear()  # token, Host and Origin have their tests among the attacks
        case.cookies.clear()
        answer = case.call(base_url=address, session=entered, timeout=60)
        assert answer.status_code < 500, (case, answer.text)
        if answer.status_code != 405:  # TRACE and the like: no operation of ours
            case.validate_response(answer, excluded_checks=_not_ours())
        seen.add(answer.status_code)

    with suppress(Unsatisfiable):  # without a parameter nothing can be given wrongly
        one()


def _not_ours() -> list[Any]:
    """Checks of what does not hold here: entering is by a cookie, and a valid value may be refused for what stands."""
    names = ("positive_data_acceptance", "negative_data_rejection", "missing_required_header", "ignored_auth")
    names = (*names, "use_after_free", "ensure_resource_availability", "unsupported_method", "not_a_server_error")
    return [getattr(schemathesis.checks, one) for one in names if hasattr(schemathesis.checks, one)]


def log(bench: Bench) -> list[tuple[str, str]]:
    return [(entry.who, entry.action) for entry in bench.shelf.case(1, who="").log()]


@pytest.mark.parametrize("valid", [True, False])
def test_a_stranger_gets_in_nowhere(reached: tuple[Bench, str], valid: bool) -> None:
    before = log(reached[0])
    for operation, codes in send(reached, "", valid=valid).items():
        if operation != "POST /api/login":
            assert codes <= {400, 401, 404, 405, 422}, operation
    assert log(reached[0]) == before


@pytest.mark.parametrize("valid", [True, False])
def test_a_read_only_account_changes_nothing(reached: tuple[Bench, str], valid: bool) -> None:
    before = log(reached[0])
    for operation, codes in send(reached, "Cleo", valid=valid).items():
        if operation.startswith("POST") and operation != "POST /api/login":
            assert codes <= {400, 403, 404, 405, 422}, operation
    assert log(reached[0]) == before


@pytest.mark.parametrize("valid", [True, False])
def test_a_reader_gets_an_answer_to_everything(reached: tuple[Bench, str], valid: bool) -> None:
    codes = send(reached, "Anna", valid=valid)
    if valid:
        assert 200 in codes["GET /api/cases"]
    assert all(found <= {200, 400, 403, 404, 405, 409, 413, 422, 423, 429} for found in codes.values()), codes
    assert 200 not in codes["POST /api/cases/{case_id}/patients/{patient_id}/amendment"]  # a supervisor's
    assert [one.id for one in reached[0].shelf.cases()] == [1]


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\U0001f600" * 500, "\u202e", "'; DROP TABLE cells; --"])
def test_no_text_breaks_a_note(reached: tuple[Bench, str], text: str) -> None:
    address = reached[1]
    entered = session(address, "Anna")
    place = f"{address}/api/cases/1/cells/2"
    cells = entered.get(f"{address}/api/cases/1/patients/1/cells", timeout=30).json()
    version = next(cell["word"]["version"] for cell in cells if cell["id"] == 2)
    answer = entered.post(f"{place}/review", json={"note": text, "expected": version}, timeout=30)
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert answer.json()["note"] == text
    assert entered.get(f"{address}/cases/1/patients/1", timeout=30).status_code == 200
    assert entered.get(f"{address}/api/cases/1/check", timeout=30).json()["findings"] == []

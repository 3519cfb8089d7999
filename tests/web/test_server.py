"""Where a server listens and whom it answers; a bench over a store, and what `serve` hands to the server."""

from pathlib import Path
from typing import Any

import pytest
import uvicorn
from benchmaker import PASSWORD, day

from leukolens import Case
from leukolens.model.network_file import SHIPPED
from leukolens.web import server
from leukolens.web.accounts import Accounts
from leukolens.web.server import Place, ServerError, bench, new_bench, serve
from leukolens.web.settings import ReviewSettings

PEM = (Path("cert.pem"), Path("key.pem"))


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    made = Accounts(tmp_path / "readers.json")
    made.put("Anna", "reader", PASSWORD)
    return made


def test_this_machine_is_answered_by_its_own_names() -> None:
    assert Place(port=9000).hosts() == {"127.0.0.1:9000", "localhost:9000", "[::1]:9000"}
    assert [Place(host=host).local for host in ("localhost", "::1", "0.0.0.0")] == [True, True, False]
    assert not Place(behind_proxy=True).local
    assert Place(host="0.0.0.0", names=("x.example:8443",), tls=PEM).hosts() == {"x.example:8443"}


def test_a_place_that_others_reach_is_checked(accounts: Accounts, tmp_path: Path) -> None:
    safe = Place(host="0.0.0.0", names=("x.example",), tls=PEM)
    safe.check(accounts)
    with pytest.raises(ServerError, match=r"readers on other machines need TLS\. Give --tls"):
        Place(host="0.0.0.0", names=("x.example",)).check(accounts)
    with pytest.raises(ServerError, match=r"the server's name is not known\. Give --name"):
        Place(host="0.0.0.0", tls=PEM).check(accounts)
    with pytest.raises(ServerError, match=r"nobody may log in yet\. Add a reader"):
        safe.check(Accounts(tmp_path / "none.json"))


def test_a_new_bench_is_an_empty_case_named_after_the_time(tmp_path: Path) -> None:
    path = new_bench(tmp_path)
    assert path.name.startswith("bench-20")
    with Case.open(path) as case:
        assert list(case.rows()) == []


def test_a_bench_has_a_key_only_where_it_is_local(accounts: Accounts, tmp_path: Path) -> None:
    path = day(tmp_path / "day.case")
    keys = []
    for local in (True, True, False):
        settings = ReviewSettings(hosts=frozenset(), local=local, uploads=tmp_path)
        with bench(str(path), settings, accounts, model=SHIPPED) as made:
            keys.append(made.key)
            assert [one.name for one in made.shelf.cases()] == ["day"]
    assert len(set(keys)) == 3
    assert keys[2] == ""


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """How uvicorn would have been started."""
    found: list[dict[str, Any]] = []
    real = uvicorn.Config

    def config(app: Any, **options: Any) -> uvicorn.Config:
        found.append(options)
        return real(app)

    monkeypatch.setattr(uvicorn, "Config", config)
    monkeypatch.setattr(uvicorn.Server, "run", lambda self: None)
    return found


def test_serving_shows_the_address_and_opens_the_page(
    configured: list[dict[str, Any]],
    accounts: Accounts,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(server.webbrowser, "open", shown.append)
    path = str(day(tmp_path / "day.case"))
    serve(path, Place(host="::1"), accounts, uploads=tmp_path, model=SHIPPED, browser=True)
    (address,) = shown
    assert address.startswith("http://[::1]:8765/enter?key=")
    assert capsys.readouterr().err == f"{path}: {address}\n"
    beyond = Place(host="0.0.0.0", port=8443, names=("x.example",), tls=PEM)
    serve(path, beyond, accounts, uploads=tmp_path, model=SHIPPED, browser=True)
    assert len(shown) == 1  # no browser of this machine for a server of others
    assert capsys.readouterr().err == f"{path}: https://x.example/\n"
    local, other = configured
    assert (local["host"], local["access_log"], local["ssl_certfile"]) == ("::1", False, None)
    assert (other["port"], other["ssl_certfile"], other["ssl_keyfile"]) == (8443, *PEM)

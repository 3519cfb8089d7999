"""`leukolens review` opens what it is given where it is told; `leukolens readers` keeps who may enter."""

from pathlib import Path

import pytest
from calls import Call, kept
from command import leukolens

from leukolens import Case
from leukolens.web import server
from leukolens.web.accounts import Accounts

PASSWORD = "correct horse battery"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Call]:
    """What would have been served."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEUKOLENS_READERS", str(tmp_path / "readers.json"))
    return kept(monkeypatch, server, "serve")


def test_a_case_is_served_on_this_machine(served: list[Call]) -> None:
    assert leukolens("review", "day.case", "--no-browser") == 0
    ((where, place, accounts), options) = served[0]
    assert (where, place, accounts.path.name) == ("day.case", server.Place(), "readers.json")
    assert options == {"uploads": Path("day.case.uploads"), "model": None, "browser": False}


def test_without_a_case_an_empty_bench_is_made(served: list[Call], tmp_path: Path) -> None:
    assert leukolens("review", "--port", "9000", "--model", "m.onnx", "--uploads", "kept") == 0
    ((where, place, _), options) = served[0]
    with Case.open(where) as case:
        assert list(case.rows()) == []
    assert Path(where).parent == tmp_path
    assert (place.port, options["model"], options["uploads"]) == (9000, Path("m.onnx"), Path("kept"))


def test_a_server_for_others_must_be_safe(served: list[Call], capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("review", "day.case", "--host", "0.0.0.0") == 1
    assert "TLS" in capsys.readouterr().err
    assert leukolens("review", "day.case", "--store", "postgresql://me@host/day") == 2
    assert "give a CASE or --store, not both" in capsys.readouterr().err
    assert served == []


def test_readers_are_added_listed_and_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readers = ("readers", "--readers", tmp_path / "readers.json")
    assert leukolens(*readers, "add", "Anna", "--role", "supervisor", "--password", PASSWORD) == 0
    assert leukolens(*readers, "add", "Bert", "--password", PASSWORD) == 0
    capsys.readouterr()
    assert leukolens(*readers, "list") == 0
    assert capsys.readouterr().out == "Anna\tsupervisor\nBert\treader\n"
    assert Accounts(tmp_path / "readers.json").verified("Bert", PASSWORD) is not None
    assert leukolens(*readers, "remove", "Bert") == 0
    assert leukolens(*readers, "remove", "Bert") == 1
    assert "holds no reader 'Bert'" in capsys.readouterr().err
    assert leukolens(*readers, "add", "Carl", "--role", "king", "--password", PASSWORD) == 2
    assert leukolens(*readers, "add", "Carl", "--password", "short") == 1
    assert list(Accounts(tmp_path / "readers.json").all()) == ["Anna"]

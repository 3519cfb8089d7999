"""Readers are kept in a private file, read again when it changes, and a wrong file is named."""

import json
from pathlib import Path

import pytest

from leukolens.web.accounts import LONGEST, SHORTEST, AccountError, Accounts, default_place

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    made = Accounts(tmp_path / "new/readers.json")
    made.put(" Anna\n", "reader", PASSWORD)
    return made


def test_a_reader_is_known_by_the_right_password_alone(accounts: Accounts) -> None:
    account = accounts.verified("Anna\\n", PASSWORD) or accounts.verified("Anna", PASSWORD)
    assert account is not None
    assert account.role == "reader"
    assert accounts.verified(account.name, PASSWORD + "!") is None
    assert accounts.verified("nobody", PASSWORD) is None
    assert accounts.verified("nobody", "the password of nobody") is None  # what a missing name is measured by


def test_a_new_role_and_password_replace_the_old(accounts: Accounts) -> None:
    (name,) = accounts.all()
    accounts.put(name, "supervisor", PASSWORD[::-1])
    assert [one.role for one in accounts.all().values()] == ["supervisor"]
    assert accounts.verified(name, PASSWORD) is None
    assert accounts.verified(name, PASSWORD[::-1]) is not None


def test_a_change_by_another_program_is_seen(accounts: Accounts) -> None:
    Accounts(accounts.path).put("Bert", "read-only", PASSWORD)
    assert len(accounts.all()) == 2
    accounts.remove("Bert")
    assert "Bert" not in Accounts(accounts.path).all()
    with pytest.raises(AccountError, match=r"readers\.json: holds no reader 'Bert'\. See `leukolens readers list`"):
        accounts.remove("Bert")
    accounts.path.unlink()
    assert accounts.all() == {}


@pytest.mark.parametrize("length", [0, SHORTEST - 1, LONGEST + 1])
def test_a_password_has_its_length(accounts: Accounts, length: int) -> None:
    before = accounts.path.read_bytes()
    with pytest.raises(AccountError, match=f"a password must have {SHORTEST} to {LONGEST} characters"):
        accounts.put("Bert", "reader", "x" * length)
    assert accounts.path.read_bytes() == before


def test_nobody_enters_without_a_hash(accounts: Accounts) -> None:
    accounts.path.write_text(json.dumps([{"name": "Bert", "role": "reader", "hash": ""}]))
    assert accounts.verified("Bert", "") is None
    assert accounts.verified("Bert", "the password of nobody") is None


@pytest.mark.parametrize("text", ["{", "[1]", '[{"name": "Bert"}]', '[{"nom": "Bert"}]'])
def test_what_is_no_file_of_readers_is_named(accounts: Accounts, text: str) -> None:
    accounts.path.write_text(text)
    with pytest.raises(AccountError, match=r"readers\.json: is not a file of readers \(.*\)\. Move it away"):
        accounts.all()


def test_where_it_stands_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEUKOLENS_READERS", str(tmp_path / "r.json"))
    assert default_place() == tmp_path / "r.json"
    monkeypatch.delenv("LEUKOLENS_READERS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_place() == tmp_path / "leukolens/readers.json"

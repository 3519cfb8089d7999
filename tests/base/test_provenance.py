"""base.provenance: which code and which libraries made a file."""

import subprocess
from pathlib import Path

import pytest

from leukolens.base import provenance

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_the_commit_is_this_checkouts_with_a_plus_where_code_differs() -> None:
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "src/leukolens"], check=False).returncode
    assert provenance.commit() == head[:12] + "+" * changed


def test_without_git_there_is_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert provenance.commit() == ""


def test_versions_name_what_is_installed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_LIBRARIES", ("numpy", "no-such-library"))
    assert set(provenance.versions()) == {"python", "numpy"}


def test_the_machine_has_cores() -> None:
    assert provenance.machine().endswith(" cores")

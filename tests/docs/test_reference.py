"""docs/reference: the page of the public API is what its docstrings give."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "dev"))
    import reference

    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "run `python dev/reference.py`"
    sys.modules.pop("reference")


def test_each_public_name_stands_in_the_reference() -> None:
    import leukolens

    text = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    assert all(f"### `{name}`" in text for name in leukolens.__all__ if not name.startswith("_"))

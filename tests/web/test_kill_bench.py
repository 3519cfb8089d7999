"""kill -9 while a reader corrects and signs; `dev/kill_bench.py` does it at length."""

import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals")]
DEV = Path(__file__).parents[2] / "dev"


def test_nothing_acknowledged_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DEV))
    import kill_bench

    found = kill_bench.kill_often(str(tmp_path / "day.case"), tmp_path, kills=3, seed=1, longest=2.0)
    assert found["kills"] == 3
    assert found["words"] > 3


def test_a_word_that_is_not_there_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DEV))
    import kill_bench

    kill_bench.kill_often(str(tmp_path / "day.case"), tmp_path, kills=0, seed=1, longest=0)
    with pytest.raises((AssertionError, KeyError)):
        kill_bench.compare(str(tmp_path / "day.case"), kill_bench.Said(words={1: (1, "ALL")}), "")

"""`leukolens reproduce`: systems, folds and limits reach the plan, and --quick stands alone."""

from pathlib import Path

import pytest
from calls import kept, report
from command import leukolens

from leukolens.research.makem2025 import reproduce as again
from leukolens.research.makem2025.plan import Options
from leukolens.research.settings import TrainSettings


def test_options_reach_the_plan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    calls = kept(monkeypatch, again, "reproduce", report)
    wanted = ("--only", "mcn,alnett", "--only", "vgg16", "--folds", "0", "2", "--limit", "5", "--init", "random")
    assert leukolens("reproduce", "cells", "--out", "out", *wanted, "--seed", "3", "--drawn", "--dry-run") == 0
    (((data, options), named),) = calls
    assert data == Path("cells")
    assert options == Options(out=Path("out"), init="random", only=("mcn", "alnett", "vgg16"), limit=5.0)
    assert named == {"recipe": TrainSettings(seed=3), "folds": ("0", "2"), "dry_run": True, "drawn": True}
    assert capsys.readouterr().out == "report: out/report.html\n"


def test_quick_takes_systems_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = kept(monkeypatch, again, "quick", report)
    assert leukolens("reproduce", "--quick", "--out", "out", "--only", "mcn,alnett") == 0
    assert calls == [((Path("out"),), {"only": ("mcn", "alnett")})]
    assert leukolens("reproduce", "--quick", "--out", "out", "--limit", "240") == 2
    assert leukolens("reproduce", "cells", "--quick", "--out", "out") == 2
    assert len(calls) == 1


def test_without_quick_it_needs_cells(capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("reproduce", "--out", "out") == 2
    assert "DATA" in capsys.readouterr().err

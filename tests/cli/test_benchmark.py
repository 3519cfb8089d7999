"""`leukolens benchmark`: recipes, seeds and parts reach the experiments, and --quick stands alone."""

from pathlib import Path

import pytest
from calls import kept, report
from command import leukolens

from leukolens.research.experiments import benchmark as unseen
from leukolens.research.recipes import RECIPES


def test_the_papers_recipe_and_ours_and_the_first_seed_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = kept(monkeypatch, unseen, "benchmark", report)
    assert leukolens("benchmark", "cells", "--out", "out") == 0
    ((arguments, options),) = calls
    assert arguments == (Path("cells"), Path("out"))
    assert options["recipes"] == {name: RECIPES[name] for name in ("paper", "leukolens")}
    assert (options["seeds"], options["parts"], options["dry_run"]) == ((0,), 0, False)
    assert capsys.readouterr().out == "report: out/report.html\n"


def test_options_reach_the_experiments(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    calls = kept(monkeypatch, unseen, "benchmark")
    wanted = ("--recipes", "paper", "--seeds", "1", "2", "--parts", "5", "--at-most", "3", "--init", "random")
    assert leukolens("benchmark", "cells", "--out", "out", *wanted, "--dry-run") == 0
    ((_, options),) = calls
    assert list(options["recipes"]) == ["paper"]
    assert (options["seeds"], options["parts"], options["at_most"], options["init"]) == ((1, 2), 5, 3, "random")
    assert options["dry_run"]
    assert capsys.readouterr().out == ""  # a dry run has no report


def test_quick_takes_recipes_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = kept(monkeypatch, unseen, "quick", report)
    assert leukolens("benchmark", "--quick", "--out", "out", "--recipes", "paper") == 0
    assert calls == [((Path("out"),), {"recipes": {"paper": RECIPES["paper"]}})]
    assert leukolens("benchmark", "--quick", "--out", "out", "--seeds", "0") == 2
    assert leukolens("benchmark", "--out", "out") == 2
    assert len(calls) == 1


def test_an_unknown_recipe_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("benchmark", "cells", "--out", "out", "--recipes", "papers") == 1
    assert "Did you mean paper?" in capsys.readouterr().err

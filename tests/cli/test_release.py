"""`leukolens release`: one recipe with its seed, by the benchmark that is named."""

from pathlib import Path

import pytest
from calls import kept
from command import leukolens

from leukolens.research import recipes
from leukolens.research.experiments import release as ship

GIVEN = ("release", "cells", "--benchmark", "unseen", "--out", "out")


def test_the_recipe_that_ships_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = kept(monkeypatch, ship, "release")
    assert leukolens(*GIVEN) == 0
    ((arguments, options),) = calls
    assert arguments == (Path("cells"), Path("unseen"), Path("out"))
    assert options["recipe"] == "leukolens"
    assert options["settings"] == recipes.recipe("leukolens", seed=0)
    assert (options["init"], options["parts"]) == ("imagenet", 0)


def test_options_reach_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = kept(monkeypatch, ship, "release")
    assert leukolens(*GIVEN, "--recipe", "paper", "--seed", "4", "--parts", "5", "--init", "random") == 0
    ((_, options),) = calls
    assert options["settings"] == recipes.recipe("paper", seed=4)
    assert (options["recipe"], options["init"], options["parts"]) == ("paper", "random", 5)


def test_what_is_missing_or_unknown_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("release", "cells", "--out", "out") == 2
    assert "--benchmark" in capsys.readouterr().err
    assert leukolens(*GIVEN, "--recipe", "papers") == 1
    assert "Did you mean paper?" in capsys.readouterr().err

"""`leukolens train`: options become one plan; only the first of several processes adds the safeguards."""

from pathlib import Path

import click
import pytest
from calls import Call, kept
from command import leukolens

from leukolens.cli.train import number_of
from leukolens.research.evaluate import safeguards
from leukolens.research.train import run


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Plans that would have been trained."""
    return kept(monkeypatch, run, "train")


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Runs that would have been given safeguards."""
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    return kept(monkeypatch, safeguards, "safeguard")


def test_options_become_the_plan(plans: list[Call], guarded: list[Call]) -> None:
    wanted = ("--fold", "1", "--network", "vgg16", "--seed", "3", "--epochs", "5", "--crop", "200", "--init", "random")
    assert leukolens("train", "cells", "--out", "out", *wanted, "--set", "batch=32", "--resume", "--devices", "2") == 0
    ((plan,), _) = plans[0]
    assert (plan.data, plan.out, plan.protocol, plan.fold) == (Path("cells"), Path("out"), "paper", "1")
    assert (plan.init, plan.resume, plan.devices) == ("random", True, 2)
    settings = plan.settings
    assert (settings.network, settings.seed, settings.epochs, settings.batch) == ("vgg16", 3, 5, 32)
    assert settings.preprocess.crop == 200
    assert settings.learning_rate == 1e-4  # the network's own
    assert guarded[0][0] == (Path("out"),)


def test_of_several_processes_the_first_adds_the_safeguards(
    plans: list[Call], guarded: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = "leukolens.research.train.launch.is_first_process"
    monkeypatch.setattr(launch, lambda: False)
    assert leukolens("train", "cells", "--out", "out") == 0
    assert (len(plans), guarded) == (1, [])
    monkeypatch.setattr(launch, lambda: True)
    assert leukolens("train", "cells", "--out", "out") == 0
    assert len(guarded) == 1


@pytest.mark.parametrize("beside", [(), ("--protocol", "subject", "--fold", "0")], ids=["paper", "one fold"])
def test_a_test_fold_goes_with_all_cells_by_subject(
    plans: list[Call], beside: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert leukolens("train", "cells", "--out", "out", "--test-fold", "1", *beside) == 2
    assert "goes with --protocol subject and without --fold" in capsys.readouterr().err
    assert plans == []


def test_devices_are_a_number_or_auto() -> None:
    assert [number_of(text) for text in ("auto", "1", "16")] == ["auto", 1, 16]
    for wrong in ("0", "-1", "many", "1.5", ""):
        with pytest.raises(click.BadParameter, match="neither 'auto' nor a number from 1"):
            number_of(wrong)


def test_an_unknown_network_or_setting_is_a_message(plans: list[Call], capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("train", "cells", "--out", "out", "--network", "resnet5") == 1
    assert "Did you mean resnet50?" in capsys.readouterr().err
    assert leukolens("train", "cells", "--out", "out", "--set", "batch=fast") == 1
    assert "--set batch=fast: batch takes int" in capsys.readouterr().err
    assert plans == []

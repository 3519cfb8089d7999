"""The few names for Python callers: each is there, and `train` passes all that it is given to one run."""

import inspect
from pathlib import Path

import pytest

from leukolens.research import api
from leukolens.research.settings import TrainSettings
from leukolens.research.train import run


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[run.RunPlan]:
    """What would have been trained."""
    found: list[run.RunPlan] = []

    def train(plan: run.RunPlan) -> Path:
        found.append(plan)
        return plan.out / "model.onnx"

    monkeypatch.setattr(run, "train", train)
    monkeypatch.setattr(api, "safeguard", lambda *_, **__: None)
    return found


def test_every_promised_name_is_there_and_documented() -> None:
    assert all(inspect.getdoc(getattr(api, name)) for name in api.__all__)
    assert sorted(api.__all__) == list(api.__all__)


def test_train_is_the_paper_s_run_unless_told_otherwise(plans: list[run.RunPlan]) -> None:
    assert api.train(Path("cells"), Path("out"), settings=TrainSettings()) == Path("out/model.onnx")
    assert plans == [run.RunPlan(data=Path("cells"), out=Path("out"), settings=TrainSettings())]


def test_every_option_reaches_the_run(plans: list[run.RunPlan]) -> None:
    options = {
        "settings": TrainSettings(seed=3),
        "protocol": "subject",
        "fold": "1",
        "test_fold": "0",
        "init": "random",
        "resume": True,
        "devices": "auto",
    }
    api.train(Path("cells"), Path("out"), **options)  # type: ignore[arg-type]
    (plan,) = plans
    assert {name: getattr(plan, name) for name in options} == options


def test_options_are_given_by_name() -> None:
    with pytest.raises(TypeError, match="positional"):
        api.train(Path("cells"), Path("out"), TrainSettings())  # type: ignore[misc]

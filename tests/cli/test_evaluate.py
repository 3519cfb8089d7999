"""`leukolens evaluate`: what it prints and writes of an evaluation, and that what training saw is only printed."""

from pathlib import Path
from typing import Any

import pytest
from command import leukolens
from evaluationmaker import evaluation

from leukolens.research.evaluate import evaluate as module


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """With what it was measured; the answers are those of `evaluationmaker`."""
    found: list[dict[str, Any]] = []

    def evaluate(run: Path, **options: Any) -> module.Evaluation:
        found.append({"run": run, **options})
        return evaluation(*options["sigmas"], part=options["part"], shared_subjects=4)

    monkeypatch.setattr(module, "evaluate", evaluate)
    return found


def test_options_reach_the_evaluation(asked: list[dict[str, Any]], tmp_path: Path) -> None:
    assert leukolens("evaluate", tmp_path, "--sigma", "0", "6", "--seed", "3", "--data", tmp_path / "cells") == 0
    assert leukolens("evaluate", tmp_path) == 0
    wanted = {"run": tmp_path, "sigmas": (0.0, 6.0), "seed": 3, "data": tmp_path / "cells", "part": "test"}
    assert wanted.items() <= asked[0].items()
    assert asked[1]["sigmas"] == module.PAPER_SIGMAS


def test_everything_that_is_promised_is_written(
    asked: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leukolens("evaluate", tmp_path, "--sigma", "0") == 0
    names = {"metrics.json", "noise_table.md", "predictions.csv", "confusion.png", "roc.png", "report.html"}
    assert {path.name for path in tmp_path.iterdir()} == names
    out = capsys.readouterr().out.splitlines()
    assert out[2].split()[:3] == ["0", "measured", "0.667"]
    assert out[3].split()[0] == "paper"
    assert out[-2].startswith("4 subjects are in both training and test")
    assert out[-1] == f"report: {tmp_path / 'report.html'}"
    assert (tmp_path / "noise_table.md").read_text(encoding="utf-8").startswith("| σ |")


def test_another_part_is_printed_alone(
    asked: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leukolens("evaluate", tmp_path, "--part", "train", "--sigma", "0") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]] == ["0"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sigma", ["-1", "256", "nan"])
def test_noise_out_of_range_is_refused(asked: list[dict[str, Any]], tmp_path: Path, sigma: str) -> None:
    assert leukolens("evaluate", tmp_path, f"--sigma={sigma}") == 2
    assert asked == []

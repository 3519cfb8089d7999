"""Small trainings for tests, as the fixture `run` is trained: in this process, or by a command in its own."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from leukolens.model.preprocess import Preprocess
from leukolens.research.settings import TrainSettings
from leukolens.research.train.run import RunPlan

SETTINGS = TrainSettings(epochs=2, batch=8, preprocess=Preprocess(size=64), bn_momentum=0.1)
FILES = [
    "contact_sheet.png",
    "curves.png",
    "history.csv",
    "model.onnx",
    "model.safetensors",
    "run.json",
    "split.csv",
]


def plan(cells: Path, out: Path, **options: object) -> RunPlan:
    """What the fixture `run` was trained by."""
    return replace(RunPlan(data=cells, out=out, fold="0", init="random", settings=SETTINGS), **options)


def train_command(cells: Path, out: Path, *options: str) -> list[str]:
    command = [sys.executable, "-m", "leukolens", "train", str(cells), "--out", str(out), "--init", "random"]
    return [*command, "--set", "preprocess.size=64", "--set", "batch=8", *options]


def one_thread() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1"}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())

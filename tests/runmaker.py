"""Small trainings for tests, as the fixture `run` is trained: in this process, or by a command in its own."""

import os
import subprocess
import sys
import time
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


def wait_for_an_epoch(process: "subprocess.Popen[bytes] | subprocess.Popen[str]", table: Path) -> None:
    """Until a training has written its first row of history.csv."""
    until = time.monotonic() + 200
    while not table.exists():
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.02)

"""Where a training is watched: TensorBoard and MLflow, through Lightning's loggers (extra `track`).

Each gets the settings once and, after every epoch, the columns of history.csv. A run that goes on after a cut does so
in the same TensorBoard folder, and as a new MLflow run of the same name.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lightning.fabric.loggers.logger import Logger

from leukolens.base.errors import RunError
from leukolens.base.extras import require
from leukolens.research.settings import TrainSettings
from leukolens.research.train.history import Epoch

EXPERIMENT = "leukolens"
"""Name of the MLflow experiment."""
HINT = "Give --track tensorboard, or --track mlflow:URI (sqlite:///runs.db, http://127.0.0.1:5000)"


def loggers(targets: Sequence[str], *, out: Path) -> list[Logger]:
    """One for each target: 'tensorboard' (below out/tensorboard), 'mlflow:URI', or 'mlflow' for MLFLOW_TRACKING_URI.

    Nothing is written yet. Raises RunError for another target, MissingExtra without the extra `track`.
    """
    return [_logger(target, out) for target in targets]


def begin(found: Iterable[Logger], settings: TrainSettings) -> None:
    """Write the settings; the first process alone does."""
    for one in found:
        one.log_hyperparams(flat(settings))


def metrics_of(epoch: Epoch) -> dict[str, float]:
    """What is logged of an epoch; its number is the step."""
    return {name: float(value) for name, value in asdict(epoch).items() if name != "number"}


def finish(found: Iterable[Logger]) -> None:
    """Write what is still in memory, and say that the run has ended."""
    for one in found:
        one.finalize("success")


def flat(settings: TrainSettings) -> dict[str, str | int | float]:
    """'preprocess.size' → 224; what is neither number nor text stands as JSON."""
    parts: dict[str, Any] = {}
    for name, value in asdict(settings).items():
        parts |= {f"{name}.{inner}": one for inner, one in value.items()} if isinstance(value, dict) else {name: value}
    return {name: value if isinstance(value, str | int | float) else json.dumps(value) for name, value in parts.items()}


def _logger(target: str, out: Path) -> Logger:
    kind, _, uri = target.partition(":")
    if target == "tensorboard":
        require("tensorboard", extra="track")
        from lightning.fabric.loggers.tensorboard import TensorBoardLogger

        return TensorBoardLogger(root_dir=out, name="tensorboard", version="")
    if kind == "mlflow":
        require("mlflow", extra="track")
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # it reports its use to its makers otherwise
        from lightning.pytorch.loggers.mlflow import MLFlowLogger

        return MLFlowLogger(experiment_name=EXPERIMENT, run_name=out.name, tracking_uri=uri or None)
    raise RunError(f"--track {target}: there is no such place", hint=HINT)

"""Predictions → CSV and JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from leukolens import atomic
from leukolens.classifier import Prediction

COLUMNS = ("path", "verdict", "p_all", "model_id", "reason")


def write_csv(path: Path, predictions: Sequence[Prediction]) -> None:
    """One row an image, in the order judged; verdict and p_all are empty where there is none."""
    atomic.write_csv(path, COLUMNS, map(_row, predictions))


def write_json(path: Path, predictions: Sequence[Prediction]) -> None:
    """A list of records; verdict and p_all are null where there is none."""
    atomic.write_json(path, [asdict(prediction) for prediction in predictions])


def _row(prediction: Prediction) -> dict[str, str]:
    p_all = "" if prediction.p_all is None else f"{prediction.p_all:.6f}"
    return {**asdict(prediction), "verdict": prediction.verdict or "", "p_all": p_all}

"""Two finished runs on the same test cells: `leukolens compare`, metric by metric with paired intervals over subjects.

Both are given the same draws of subjects (`subject_bootstrap.subject_weights`), and each draw gives a difference: what
is hard for both falls out of it, so it is known better than either metric.
"""

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukolens.base.errors import RunError
from leukolens.images.cnmc_names import LABELS
from leukolens.measure.held_out_metrics import Judged, metrics
from leukolens.measure.subject_bootstrap import DRAWS, Metric, metric_of, subject_weights
from leukolens.model.network_file import NetworkFile
from leukolens.research.data.split import FEWEST_SUBJECTS

PREDICTIONS = "predictions.csv"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One metric of both, and the second less the first with its 95 % interval over subjects."""

    name: str
    first: float
    second: float
    difference: Metric

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.difference.low > 0 or self.difference.high < 0


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What `leukolens compare` gives."""

    first: str
    """Id of its model."""
    second: str
    cells: int
    subjects: dict[str, int]
    """By class."""
    metrics: tuple[Difference, ...]

    @property
    def caution(self) -> str:
        """What keeps the intervals from saying much; '' for nothing."""
        short = [f"{count} {label.upper()}" for label, count in self.subjects.items() if count < FEWEST_SUBJECTS]
        return f"only {' and '.join(short)} subjects: the intervals say little about others" if short else ""


def compare(first: Path, second: Path, *, seed: int = 0, draws: int = DRAWS) -> Comparison:
    """first, second: folders of runs that `leukolens evaluate` measured, or of a benchmark's experiments.

    Raises RunError where one has no predictions, or where they were tested on other cells.
    """
    cells, ours = _read(first)
    others, theirs = _read(second)
    if cells != others:
        raise RunError(
            f"was tested on other cells than {second}: {len(cells.keys() & others.keys())} of {len(cells)} and "
            f"{len(others)} are the same, with the same label and subject",
            path=first,
            hint="Train both with the same data, protocol and seed",
        )
    if any(not subject for _, subject in cells.values()):
        raise RunError("does not know the subjects of its cells", path=first, hint="Train with --patient-from")
    judged = [_judged(cells, run) for run in (ours, theirs)]
    weights = subject_weights(judged[0], seed=seed, draws=draws)
    ones = np.ones((1, len(cells)))
    values = [metrics(one, ones, threshold=run.threshold) for one, run in zip(judged, (ours, theirs), strict=True)]
    drawn = [metrics(one, weights, threshold=run.threshold) for one, run in zip(judged, (ours, theirs), strict=True)]
    found = []
    for name in values[0]:
        one, other = (float(value[name][0]) for value in values)
        if not math.isnan(one - other):  # without areas there are no pairs of like area
            difference = metric_of(other - one, drawn[1][name] - drawn[0][name])
            found.append(Difference(name=name, first=one, second=other, difference=difference))
    return Comparison(
        first=ours.model_id,
        second=theirs.model_id,
        cells=len(cells),
        subjects={label: len({who for of, who in cells.values() if of == label}) for label in LABELS[::-1]},
        metrics=tuple(found),
    )


@dataclass(frozen=True, kw_only=True)
class _Predicted:
    """One run's answers."""

    model_id: str
    threshold: float
    p_all: dict[str, float]
    """By the cell's name, on clean images."""


def _read(run: Path) -> tuple[dict[str, tuple[str, str]], _Predicted]:
    """Name → (label, subject) of the tested cells, sorted; and what was said of them."""
    try:
        with (run / PREDICTIONS).open(newline="", encoding="utf-8") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: row["path"])
        cells = {row["path"]: (row["label"].lower(), row["subject"]) for row in rows}
        p_all = {row["path"]: float(row["p_all_sigma_0"]) for row in rows}
        model_id = rows[0]["model_id"]
    except OSError as error:
        hint = f"leukolens evaluate {run}"
        raise RunError(f"holds no {PREDICTIONS} ({error.strerror})", path=run, hint=hint) from error
    except (KeyError, ValueError, IndexError) as error:
        hint = f"Measure it again, with σ 0: leukolens evaluate {run}"
        raise RunError(f"is damaged or has no clean cells ({error})", path=run / PREDICTIONS, hint=hint) from error
    return cells, _Predicted(model_id=model_id, threshold=_threshold(run), p_all=p_all)


def _threshold(run: Path) -> float:
    """p(ALL) from which the run says ALL: an experiment's own calibration, else that of the model's card."""
    result = run / "held_out.json"
    if result.exists():
        return float(json.loads(result.read_text(encoding="utf-8"))["calibration"]["threshold"])
    return NetworkFile(run / "model.onnx").card.threshold


def _judged(cells: dict[str, tuple[str, str]], run: _Predicted) -> Judged:
    return Judged(
        labels=np.array([LABELS.index(label) for label, _ in cells.values()], np.int64),
        p_all=np.array([run.p_all[name] for name in cells]),
        subjects=tuple(subject for _, subject in cells.values()),
        areas=np.full(len(cells), np.nan),
    )

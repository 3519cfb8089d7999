"""What each epoch gave, and what follows from it: the learning rate and when to stop.

Both are functions of the history alone, so a resumed run needs no other state than it. Rules as Keras's
ReduceLROnPlateau and EarlyStopping, which Makem et al. 2025, Table 5 describe.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from leukolens.base import atomic
from leukolens.base.errors import RunError
from leukolens.base.schema import read_table
from leukolens.research.settings import TrainSettings


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One row of history.csv. Losses hold the L1 penalty, as Keras's do."""

    number: int
    """From 1."""
    learning_rate: float
    train_loss: float
    train_accuracy: float
    """On augmented, noisy images, while learning; 0–1."""
    val_loss: float
    val_accuracy: float
    """On clean images, after the epoch; 0–1."""
    seconds: float


def learning_rate(history: Sequence[Epoch], settings: TrainSettings) -> float:
    """The rate of the next epoch."""
    if settings.schedule == "cosine":
        return settings.learning_rate * (1 + math.cos(math.pi * len(history) / settings.epochs)) / 2
    rate, best, waited = settings.learning_rate, float("inf"), 0
    for epoch in history:
        if epoch.val_loss < best - settings.drop_delta:
            best, waited = epoch.val_loss, 0
        else:
            waited += 1
        if waited >= settings.drop_patience:
            rate, waited = max(rate * settings.drop_factor, settings.lowest_rate), 0
    return rate


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """The earliest with the lowest validation loss."""
    return min(history, key=lambda epoch: math.inf if math.isnan(epoch.val_loss) else epoch.val_loss)


def kept_epoch(history: Sequence[Epoch], settings: TrainSettings) -> Epoch:
    """Whose weights are kept: the best, or with 'cosine' the last, where the rate has come to its end."""
    return history[-1] if settings.schedule == "cosine" else best_epoch(history)


def finished(history: Sequence[Epoch], settings: TrainSettings) -> bool:
    """All epochs run, or with the paper's schedule none better for `stop_patience` epochs."""
    if not history:
        return False
    stale = settings.schedule == "plateau" and len(history) - best_epoch(history).number >= settings.stop_patience
    return len(history) >= settings.epochs or stale


def write_history(path: Path, history: Sequence[Epoch]) -> None:
    """history.csv, one row an epoch."""
    atomic.write_csv(path, [field.name for field in fields(Epoch)], map(asdict, history))


def read_history(path: Path) -> list[Epoch]:
    """The rows of history.csv. Raises RunError, naming row and column, for a file that is cut or garbled."""
    return read_table(path, Epoch, error=RunError, hint="Train again, or give the folder of another run")

"""The learning rate and the end of a run follow from the history, as Keras's two callbacks do it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from leukolens.base.errors import RunError
from leukolens.research.settings import TrainSettings
from leukolens.research.train.history import (
    Epoch,
    best_epoch,
    finished,
    kept_epoch,
    learning_rate,
    read_history,
    write_history,
)

PAPER = TrainSettings()


def history(losses: Sequence[float]) -> list[Epoch]:
    return [
        Epoch(
            number=number,
            learning_rate=1e-3,
            train_loss=2.0,
            train_accuracy=0.5,
            val_loss=loss,
            val_accuracy=0.5,
            seconds=1.0,
        )
        for number, loss in enumerate(losses, start=1)
    ]


def rates(losses: Sequence[float], settings: TrainSettings = PAPER) -> list[float]:
    """The rate of epoch 1, 2, … and of the one after the last."""
    past = history(losses)
    return [learning_rate(past[:count], settings) for count in range(len(past) + 1)]


def test_the_papers_numbers_are_the_defaults() -> None:
    assert (PAPER.learning_rate, PAPER.drop_patience, PAPER.drop_factor, PAPER.lowest_rate) == (1e-3, 5, 0.1, 1e-6)
    assert (PAPER.stop_patience, PAPER.epochs, PAPER.batch, PAPER.l1) == (20, 100, 16, 0.015)


def test_the_rate_drops_after_five_epochs_without_progress_down_to_the_lowest() -> None:
    expected = [1e-3] * 6 + [1e-4] * 5 + [1e-5] * 5 + [1e-6] * 6
    assert rates([1.0] * 21) == pytest.approx(expected, rel=1e-9)


def test_progress_starts_the_count_again() -> None:
    losses = [1.0, 1.1, 1.1, 1.1, 1.1, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5]
    assert rates(losses) == pytest.approx([1e-3] * 11 + [1e-4] * 2)


def test_progress_below_keras_min_delta_does_not_count() -> None:
    losses = [1.0, 0.99995, 0.99994, 0.99993, 0.99992, 0.99991]
    assert rates(losses)[-1] == pytest.approx(1e-4)
    assert rates([*losses[:5], 0.9998])[-1] == pytest.approx(1e-3)


def test_a_drop_does_not_forget_the_best_loss() -> None:
    losses = [0.5] + [1.0] * 5 + [0.8, 0.7, 0.6, 0.55, 0.51]  # better than 1.0, never than 0.5
    assert rates(losses)[-1] == pytest.approx(1e-5)


def test_the_rate_never_goes_below_the_lowest() -> None:
    assert rates([1.0] * 60)[-1] == pytest.approx(1e-6, rel=1e-9)
    assert rates([1.0] * 12, replace(PAPER, lowest_rate=5e-5))[-1] == pytest.approx(5e-5)


def test_it_stops_twenty_epochs_after_the_best() -> None:
    losses = [1.0, 0.9] + [0.95] * 20
    assert [finished(history(losses[:count]), PAPER) for count in (0, 1, 2, 21, 22)] == [False] * 4 + [True]


def test_for_stopping_the_smallest_progress_counts() -> None:
    losses = [1.0] * 20 + [0.99999] + [1.0] * 19
    assert not finished(history(losses), PAPER)
    assert finished(history([*losses, 1.0]), PAPER)


def test_it_stops_when_all_epochs_are_run() -> None:
    losses = [1 / number for number in range(1, 101)]
    assert not finished(history(losses[:99]), PAPER)
    assert finished(history(losses), PAPER)


def test_of_equal_epochs_the_earliest_is_kept() -> None:
    assert best_epoch(history([1.0, 0.5, 0.7, 0.5])).number == 2


def test_the_cosine_schedule_keeps_its_last_epoch() -> None:
    epochs = history([1.0, 0.5, 0.7])
    assert kept_epoch(epochs, PAPER).number == 2
    assert kept_epoch(epochs, replace(PAPER, schedule="cosine")).number == 3


def test_history_is_read_as_written(tmp_path: Path) -> None:
    rows = history([0.1 + 0.2, 1e-17, 12345.678])
    write_history(tmp_path / "history.csv", rows)
    assert read_history(tmp_path / "history.csv") == rows
    header = (tmp_path / "history.csv").read_text().splitlines()[0]
    assert header == "number,learning_rate,train_loss,train_accuracy,val_loss,val_accuracy,seconds"


def test_a_cosine_falls_from_the_first_rate_to_nothing_and_runs_to_its_end() -> None:
    settings = TrainSettings(schedule="cosine", epochs=4, learning_rate=1.0, stop_patience=1)
    assert rates([1, 2, 3], settings) == pytest.approx([1, 0.8536, 0.5, 0.1464], abs=1e-4)
    assert not finished(history([1, 2, 3]), settings)
    assert finished(history([1, 2, 3, 4]), settings)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the column learning_rate is missing"),
        ("number,loss\n", "the column learning_rate is missing"),
        ("{header}\n1,0.001,much,0.5,0.5,0.5,1\n", "row 2: train_loss: Expected `float`"),
        ("{header}\n1,0.001,0.5\n", "row 2: "),
        ("{header}\n1.5,0.001,0.5,0.5,0.5,0.5,1\n", "row 2: number: Expected `int`"),
    ],
)
def test_a_history_that_is_cut_or_garbled_is_named(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    header = "number,learning_rate,train_loss,train_accuracy,val_loss,val_accuracy,seconds"
    path.write_text(text.replace("{header}", header))
    with pytest.raises(RunError, match=rf"history\.csv: is damaged \(.*{told}"):
        read_history(path)

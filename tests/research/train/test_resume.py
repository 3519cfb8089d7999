"""A run that was cut or killed and goes on: it ends as if it had not been, and other options are refused."""

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from listening import listening
from runmaker import FILES, SETTINGS, names, one_thread, plan, train_command, wait_for_an_epoch

from leukolens.base.errors import LeukoLensError, RunError
from leukolens.research.settings import Augmentation
from leukolens.research.train.history import read_history
from leukolens.research.train.run import train


def test_a_cut_run_can_be_ended_where_it_stands(cells: Path, tmp_path: Path) -> None:
    def cut(line: str) -> None:
        if line.startswith("epoch   1/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), listening(cut):
        train(plan(cells, tmp_path / "cut", settings=replace(SETTINGS, epochs=5)))
    one = replace(SETTINGS, epochs=1)
    train(plan(cells, tmp_path / "cut", settings=one, resume=True))
    train(plan(cells, tmp_path / "whole", settings=one))
    assert (tmp_path / "cut/model.safetensors").read_bytes() == (tmp_path / "whole/model.safetensors").read_bytes()
    assert names(tmp_path / "cut") == FILES


def test_a_cut_run_of_our_recipe_ends_as_if_it_had_not_been_cut(cells: Path, tmp_path: Path) -> None:
    def cut(line: str) -> None:
        if line.startswith("epoch   1/2"):
            raise KeyboardInterrupt

    ours = replace(
        SETTINGS,
        schedule="cosine",
        refit=0.1,
        augmentation=Augmentation(grey=0.3),
    )
    whole, killed = (plan(cells, tmp_path / name, settings=ours) for name in ("whole", "killed"))
    train(whole)
    with pytest.raises(KeyboardInterrupt), listening(cut):
        train(killed)
    train(replace(killed, resume=True))
    assert (whole.out / "model.safetensors").read_bytes() == (killed.out / "model.safetensors").read_bytes()
    with pytest.raises(RunError, match="different settings"):  # the rate depends on how many epochs there are to be
        train(replace(killed, resume=True, settings=replace(ours, epochs=3)))


def test_resume_of_a_finished_run_does_nothing(run: Path, cells: Path) -> None:
    before = {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in run.iterdir()}
    said: list[str] = []
    with listening(said.append):
        assert train(plan(cells, run, resume=True)) == run / "model.onnx"
    assert said == [f"{run} is finished; nothing to do"]
    assert {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in run.iterdir()} == before


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"settings": replace(SETTINGS, learning_rate=0.01)}, "settings"),
        ({"settings": replace(SETTINGS, seed=1)}, "settings"),
        ({"fold": "1"}, "fold, data_hash"),
        ({"protocol": "subject"}, "protocol"),
    ],
)
def test_resume_with_other_options_is_refused(run: Path, cells: Path, options: dict[str, object], what: str) -> None:
    with pytest.raises(RunError, match=f"belongs to a run with different {what}"):
        train(plan(cells, run, resume=True, **options))


def test_resume_on_other_data_is_refused(run: Path, few: Path) -> None:
    with pytest.raises(RunError, match="belongs to a run with different cells, data_hash"):
        train(plan(few, run, resume=True))


@pytest.mark.parametrize("damage", ["{", "[]"])
def test_a_damaged_run_json_is_named(cells: Path, tmp_path: Path, damage: str) -> None:
    (tmp_path / "run.json").write_text(damage)
    with pytest.raises(LeukoLensError, match=r"run\.json"):
        train(plan(cells, tmp_path, resume=True))


@pytest.mark.slow
def test_a_killed_run_resumed_ends_as_if_it_had_not_been_killed(cells: Path, tmp_path: Path) -> None:
    options = ("--fold", "0", "--epochs", "5")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with (tmp_path / "log").open("w") as log:
        undisturbed = subprocess.Popen(train_command(cells, whole, *options), env=one_thread(), stderr=log, stdout=log)
        victim = subprocess.Popen(train_command(cells, killed, *options), env=one_thread(), stderr=log, stdout=log)
        try:
            kill_in_second_epoch(victim, killed / "history.csv")
            resumed = subprocess.run(
                train_command(cells, killed, *options, "--resume"),
                env=one_thread(),
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert undisturbed.wait(300) == 0
        finally:
            for process in (undisturbed, victim):
                process.kill()
                process.wait()
    assert resumed.returncode == 0, resumed.stderr
    assert "continuing after epoch" in resumed.stdout
    assert names(killed) == FILES
    pair = [read_history(folder / "history.csv") for folder in (whole, killed)]
    assert [replace(epoch, seconds=0) for epoch in pair[0]] == [replace(epoch, seconds=0) for epoch in pair[1]]
    assert (whole / "model.safetensors").read_bytes() == (killed / "model.safetensors").read_bytes()


def kill_in_second_epoch(process: subprocess.Popen[bytes], table: Path) -> None:
    """SIGKILL a training process a third into the epoch after its first."""
    wait_for_an_epoch(process, table)
    time.sleep(read_history(table)[0].seconds / 3)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert 1 <= len(read_history(table)) <= 2
    assert (table.parent / "checkpoint.safetensors").exists()
    assert not (table.parent / "model.onnx").exists()

"""A run from start to finish: what it leaves, and what it refuses."""

import csv
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from runmaker import FILES, SETTINGS, names, one_thread, plan, train_command

from leukolens.base.errors import DatasetError, Diverged, RunError, SplitError
from leukolens.predict.classifier import Classifier
from leukolens.research.data.places import Place, recall
from leukolens.research.train.history import best_epoch, read_history
from leukolens.research.train.run import train


@pytest.fixture(scope="module")
def again(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture `run` once more, from a relative path."""
    out = tmp_path_factory.mktemp("again") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cells.parent)
        train(plan(Path(cells.name), out))
    return out


# what a run leaves


def test_a_finished_run_holds_its_results_and_no_checkpoint(run: Path) -> None:
    assert names(run) == FILES
    for name in ("contact_sheet.png", "curves.png"):
        assert (run / name).read_bytes().startswith(b"\x89PNG")


def test_run_json_tells_what_was_trained_on_what(run: Path, cells: Path) -> None:
    facts = json.loads((run / "run.json").read_text())
    assert (facts["protocol"], facts["fold"], facts["init"], facts["cells"]) == ("paper", "0", "random", 48)
    assert facts["data"] == cells.name
    assert recall(facts["data_hash"]) == Place(folder=str(cells.resolve()))
    assert facts["settings"]["preprocess"] == {"crop": 300, "size": 64}
    assert facts["settings"]["epochs"] == 2
    assert re.fullmatch("[0-9a-f]{64}", facts["data_hash"])
    assert facts["versions"]["torch"]


def test_split_csv_holds_every_cell_once(run: Path) -> None:
    with (run / "split.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["name"] for row in rows}) == len(rows) == 48
    parts = [row["part"] for row in rows]
    assert {part: parts.count(part) for part in ("train", "val", "test")} == {"train": 32, "val": 4, "test": 12}


def test_history_csv_has_a_row_an_epoch_with_the_penalty_in_its_losses(run: Path) -> None:
    history = read_history(run / "history.csv")
    assert [epoch.number for epoch in history] == [1, 2]
    assert [epoch.learning_rate for epoch in history] == [1e-3, 1e-3]
    assert all(1.2 < epoch.train_loss < 2.5 for epoch in history)  # ln 2 and 0.015 × about 2048 × 0.025
    assert all(epoch.seconds > 0 for epoch in history)


def test_the_same_seed_gives_the_same_weights(run: Path, again: Path) -> None:
    assert (run / "model.safetensors").read_bytes() == (again / "model.safetensors").read_bytes()
    assert (run / "split.csv").read_bytes() == (again / "split.csv").read_bytes()
    assert (run / "contact_sheet.png").read_bytes() == (again / "contact_sheet.png").read_bytes()
    pair = [read_history(folder / "history.csv") for folder in (run, again)]
    assert [replace(epoch, seconds=0) for epoch in pair[0]] == [replace(epoch, seconds=0) for epoch in pair[1]]


def test_run_json_finds_the_cells_from_anywhere(again: Path, cells: Path) -> None:
    facts = json.loads((again / "run.json").read_text())
    assert facts["data"] == cells.name
    assert recall(facts["data_hash"]) == Place(folder=str(cells.resolve()))
    assert str(cells.parent) not in (again / "run.json").read_text()


def test_the_validation_loss_chooses_the_epoch_that_is_kept(run: Path) -> None:
    kept = best_epoch(read_history(run / "history.csv"))
    metrics = Classifier(run / "model.onnx").card.metrics
    assert metrics["kept_epoch"] == kept.number
    assert metrics["val_loss"] == kept.val_loss


def test_the_weights_are_those_of_the_kept_epoch(run: Path, cells: Path, tmp_path: Path) -> None:
    kept = best_epoch(read_history(run / "history.csv")).number
    train(plan(cells, tmp_path / "run", settings=replace(SETTINGS, epochs=kept)))
    assert (tmp_path / "run/model.safetensors").read_bytes() == (run / "model.safetensors").read_bytes()


def test_one_fold_can_be_the_test_of_all_others(cells: Path, tmp_path: Path) -> None:
    unseen = plan(cells, tmp_path / "run", fold=None, protocol="subject", test_fold="1")
    train(unseen)
    with (tmp_path / "run/split.csv").open(newline="", encoding="utf-8") as file:
        parts = {(row["part"] == "test", row["fold"]) for row in csv.DictReader(file)}
    assert parts == {(True, "1"), (False, "0")}
    with pytest.raises(RunError, match="different test_fold"):
        train(replace(unseen, test_fold="0", resume=True))
    with pytest.raises(DatasetError, match="has no fold 7"):
        train(replace(unseen, test_fold="7", out=tmp_path / "none"))


def test_a_training_on_all_cells_keeps_the_last_epoch(cells: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, schedule="cosine")
    train(plan(cells, tmp_path / "run", protocol="all", settings=settings))
    card = Classifier(tmp_path / "run" / "model.onnx").card
    assert (card.protocol, set(card.metrics), card.metrics["kept_epoch"]) == (
        "all",
        {"epochs", "kept_epoch", "train_accuracy"},
        2,
    )
    with (tmp_path / "run" / "split.csv").open(newline="") as file:
        assert {row["part"] for row in csv.DictReader(file)} == {"train"}
    with pytest.raises(RunError, match=r"'all' leaves no validation cells\. Give --set schedule=cosine"):
        train(plan(cells, tmp_path / "other", protocol="all"))


def test_a_last_batch_of_one_image_is_no_obstacle(cells: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, epochs=1, batch=47)  # 48 images with the copies
    train(plan(cells, tmp_path / "run", settings=settings))
    assert names(tmp_path / "run") == FILES


@pytest.mark.slow
def test_two_processes_train_one_model(cells: Path, tmp_path: Path) -> None:
    options = ("--fold", "0", "--epochs", "1", "--devices", "2")
    done = subprocess.run(
        train_command(cells, tmp_path / "run", *options),
        env=one_thread(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert names(tmp_path / "run") == FILES
    assert done.stdout.count("kept epoch 1") == 1  # only one of them speaks


# what it refuses


def test_a_folder_that_is_not_empty_is_refused(cells: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match=r"is not empty\. Continue with --resume, or give another --out"):
        train(plan(cells, tmp_path))
    assert names(tmp_path) == ["notes.txt"]


def test_a_training_that_runs_away_is_stopped_and_says_what_helps(cells: Path, tmp_path: Path) -> None:
    fast = replace(SETTINGS, network="alnett", learning_rate=1e30)
    with pytest.raises(Diverged, match=r"the loss of epoch 1 is (nan|inf)\. Lower --set learning_rate=1e\+30"):
        train(plan(cells, tmp_path / "run", settings=fast))


def test_an_out_that_is_a_file_is_refused(cells: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(RunError, match="is a file"):
        train(plan(cells, tmp_path / "out"))
    assert (tmp_path / "out").read_text() == "mine"


def test_a_cell_that_cannot_be_read_stops_the_run_by_name(few: Path, tmp_path: Path, cache: Path) -> None:
    victim = few / "fold_0/hem/UID_H1_1_2_hem.bmp"
    victim.write_bytes(victim.read_bytes()[:1000])
    stores = names(cache)
    with pytest.raises(DatasetError, match=r"1 of 20 cells cannot be used:\n.*UID_H1_1_2_hem\.bmp: is cut short"):
        train(plan(few, tmp_path / "run"))
    assert not (tmp_path / "run").exists()
    assert names(cache) == stores


def test_cells_of_one_class_are_refused(few: Path, tmp_path: Path) -> None:
    for path in (few / "fold_0/hem").iterdir():
        path.unlink()
    with pytest.raises(SplitError, match="there are no HEM cells"):
        train(plan(few, tmp_path / "run"))


def test_a_run_that_cannot_be_split_leaves_its_folder_free(few: Path, tmp_path: Path) -> None:
    with pytest.raises(SplitError, match="too few cells or subjects"):
        train(plan(few, tmp_path / "run", protocol="subject"))
    assert not list(tmp_path.glob("run/*"))


def test_an_unknown_fold_lists_those_there_are(cells: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no fold 7; there are: 0, 1"):
        train(plan(cells, tmp_path / "run", fold="7"))

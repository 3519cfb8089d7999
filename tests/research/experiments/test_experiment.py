"""Each experiment has a split and a folder of its own."""

from pathlib import Path

from splitmaker import cells_of
from storemaker import store

from leukolens.model.preprocess import Preprocess
from leukolens.research.data.index import index
from leukolens.research.data.store import open_store
from leukolens.research.experiments.experiment import RESULT, Experiment, make_experiments
from leukolens.research.recipes import RECIPES
from leukolens.research.settings import TrainSettings


def test_seeds_make_experiments_of_their_own(cells: Path, tmp_path: Path) -> None:
    store = open_store(index(cells).cells, Preprocess(size=16))
    experiments = make_experiments(store, {"paper": RECIPES["paper"]}, seeds=(0, 1), init="random", out=tmp_path)
    assert len({experiment.folder for experiment in experiments}) == len(experiments) == 2 * 2 + 2
    assert {experiment.settings.seed for experiment in experiments} == {0, 1}


def test_all_subjects_can_be_dealt_to_parts(cells: Path, tmp_path: Path) -> None:
    store = open_store(index(cells).cells, Preprocess(size=16))
    experiments = make_experiments(store, {"paper": RECIPES["paper"]}, seeds=(0,), init="random", out=tmp_path, parts=2)
    honest = [experiment for experiment in experiments if experiment.split.protocol == "subject"]
    assert [experiment.protocol for experiment in honest] == ["subjects 1 of 2", "subjects 2 of 2"]
    tested = [row for experiment in honest for row in experiment.split.rows["test"]]
    assert sorted(tested) == list(range(len(store.cells)))
    assert len(experiments) == 4


def made(out: Path, **recipes: TrainSettings) -> list[Experiment]:
    cells = [*cells_of({"1": 4, "2": 4, "3": 4, "H1": 4, "H2": 4, "H3": 4}, fold="0")]
    cells += cells_of({"4": 4, "5": 4, "6": 4, "H4": 4, "H5": 4, "H6": 4}, fold="1")
    return make_experiments(store(cells), recipes, seeds=(0,), init="random", out=out)


def test_each_fold_is_tested_and_twins_come_last(tmp_path: Path) -> None:
    found = made(tmp_path, a=TrainSettings(), b=TrainSettings(dropout=0.5))
    assert [(one.recipe, one.protocol) for one in found[:4]] == [
        ("a", "test fold 0"),
        ("b", "test fold 0"),
        ("a", "test fold 1"),
        ("b", "test fold 1"),
    ]
    assert all(one.protocol.endswith(", by image") and one.split.protocol == "paper" for one in found[4:])
    assert len(found) == 8


def test_a_folder_is_named_after_all_that_decides_the_outcome(tmp_path: Path) -> None:
    names = {one.folder.name for one in made(tmp_path, a=TrainSettings())}
    assert names.isdisjoint(one.folder.name for one in made(tmp_path, a=TrainSettings(dropout=0.5)))
    assert names == {one.folder.name for one in made(tmp_path, a=TrainSettings())}
    assert all(name.startswith("a-test-fold-") for name in names)


def test_it_is_done_when_it_was_measured_and_a_cosine_chooses_nothing(tmp_path: Path) -> None:
    one = made(tmp_path, a=TrainSettings(schedule="cosine"))[0]
    assert one.chooses_nothing
    assert not one.done
    one.folder.mkdir(parents=True)
    assert not one.done
    (one.folder / RESULT).touch()
    assert one.done
    assert not made(tmp_path, a=TrainSettings())[0].chooses_nothing

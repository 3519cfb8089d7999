"""Each experiment has a split and a folder of its own."""

from pathlib import Path

from leukolens.model.preprocess import Preprocess
from leukolens.research.data.index import index
from leukolens.research.data.store import open_store
from leukolens.research.experiments.experiment import make_experiments
from leukolens.research.recipes import RECIPES


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

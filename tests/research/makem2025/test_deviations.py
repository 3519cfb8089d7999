"""What is said to be done here is what the code does, and what is said of the paper's tables is so."""

import re

import pytest

from leukolens.model.preprocess import Preprocess
from leukolens.research import published as paper
from leukolens.research.augment.batches import balanced
from leukolens.research.makem2025.deviations import DEVIATIONS
from leukolens.research.makem2025.execute import SIGMAS
from leukolens.research.makem2025.made_fields import ACROSS
from leukolens.research.makem2025.systems import systems
from leukolens.research.overrides import with_overrides
from leukolens.research.settings import Augmentation, TrainSettings

SAID = dict(DEVIATIONS)


def test_each_is_told_once_in_whole_sentences() -> None:
    assert len(SAID) == len(DEVIATIONS)
    assert not [what for what, done in DEVIATIONS if not done.endswith(".") or what.endswith(".")]


def test_every_setting_that_is_named_is_one_and_has_that_default() -> None:
    named = re.findall(r"\(?((?:augmentation\.)?\w+=[\w.\-]+\w)\)?", " ".join(SAID.values()))
    assert named == [
        "noise_mixing=beside",
        "input_range=0..1",
        "input_range=-1..1",
        "augmentation.brightness_stretch=true",
    ]
    defaults = TrainSettings()
    assert [with_overrides(defaults, [one]) == defaults for one in named] == [False, True, False, True]


def test_numbers_are_the_recipe_s() -> None:
    assert SAID["Size of the crop"].startswith(f"Not given. {Preprocess().crop} px of 450 here")
    assert SAID["Dropout"].endswith(f"{TrainSettings().dropout:g} here.")
    assert Augmentation().brightness == (0.4, 0.8)
    assert "factor of 0.4–0.8" in SAID["Brightness"]
    assert TrainSettings().noise == (0, 3, 9)
    assert "clean, σ 3 and σ 9" in SAID["Noise"]


def test_the_other_networks_schedule_is_the_one_told() -> None:
    other = systems(TrainSettings())["vgg16"].settings
    assert other is not None
    assert f"for {other.epochs} epochs on a {other.schedule}" in SAID["Schedule of the other networks"]
    assert f"{ACROSS**2} each" in SAID["YOLO v4"].replace("nine", "9")


def test_all_levels_of_test_noise_are_measured() -> None:
    assert set(SIGMAS) == {0, 2, 5, 6, 8, 10}
    rows = [row for fold in paper.TABLES_6_TO_8.values() for row in fold]
    assert len(rows) == 15
    assert 6 not in rows
    assert "6 has no published row" in SAID["σ 6 or σ 8"]


@pytest.mark.parametrize("fold", ["0", "1", "2"])
def test_the_papers_auc_equals_its_macro_recall(fold: str) -> None:
    for row in paper.TABLES_6_TO_8[fold].values():
        assert row.balanced_accuracy == pytest.approx(row.recall, abs=0.0051)


@pytest.mark.parametrize(("fold", "below"), [("0", True), ("1", False), ("2", True)])
def test_the_papers_mcn_falls_below_always_answering_all(fold: str, below: bool) -> None:
    counts = {label: numbers[2] for label, numbers in paper.TABLE_1[fold].items()}
    always_all = counts["all"] / sum(counts.values())
    assert (paper.TABLE_9[fold]["mcn"][3] < always_all - 0.02) is below


def test_copies_without_saturation_are_hem_only() -> None:
    import numpy as np

    sample = balanced(np.arange(4), np.array([0, 1, 0, 1]), balance=True)
    assert set(sample.labels[sample.grey].tolist()) == {0}

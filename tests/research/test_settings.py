"""research.settings: a run is known by what differs from the defaults, and records of earlier versions are read."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from leukolens.model.preprocess import Preprocess
from leukolens.research.settings import RETIRED, RETIRED_AUGMENTATION, Augmentation, TrainSettings, describe, restored


def test_the_defaults_have_nothing_to_tell() -> None:
    assert describe(TrainSettings()) == {}
    assert describe(TrainSettings(seed=0, augmentation=Augmentation(rotation=45.0))) == {}


def test_only_what_differs_is_told_part_by_part() -> None:
    settings = TrainSettings(seed=3, preprocess=Preprocess(size=64), augmentation=Augmentation(grey=0.1))
    assert describe(settings) == {"seed": 3, "preprocess": {"size": 64}, "augmentation": {"grey": 0.1}}
    assert describe(replace(settings, augmentation=None))["augmentation"] is None


# records of this version and of 0.1

RECORDS = sorted((Path(__file__).parents[2] / "results").rglob("run.json"))


def test_settings_come_back_from_their_record() -> None:
    for settings in (TrainSettings(seed=3, noise=(), augmentation=None), TrainSettings(preprocess=Preprocess(size=64))):
        assert restored(json.loads(json.dumps(asdict(settings)))) == (settings, {})


def test_a_retired_setting_that_was_off_is_left_out() -> None:
    values = asdict(TrainSettings()) | RETIRED
    values["augmentation"] |= RETIRED_AUGMENTATION
    assert restored(json.loads(json.dumps(values))) == (TrainSettings(), {})


def test_a_retired_setting_that_was_on_is_named() -> None:
    values = asdict(TrainSettings()) | RETIRED | {"averaging": 0.2}
    values["augmentation"] |= {"scale": [0.75, 1.33]}
    assert restored(values) == (TrainSettings(), {"averaging": 0.2, "augmentation.scale": (0.75, 1.33)})


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.parent.name)
def test_every_published_record_is_read(record: Path) -> None:
    values = json.loads(record.read_text())["settings"]
    settings, retired = restored(values)
    assert settings.epochs == values["epochs"]
    assert retired == ({"noise_order": "after"} if record.parent.name == "paper-f1-stretch" else {})

"""A card is read as it was written; each of 500 damaged ones is a whole and right record, or named as damaged."""

import json
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from cardfuzzer import damaged
from cardmaker import CALIBRATED, CARD

from leukolens.base.errors import ModelError
from leukolens.model import card

PLACE = Path("model.onnx")


def test_every_damaged_card_is_named_or_harmless() -> None:
    chance, refused = random.Random(0), 0
    for _ in range(500):
        try:
            found = card.from_json(damaged(CALIBRATED.to_json(), chance), path=PLACE)
        except ModelError as error:
            refused += str(error).startswith("model.onnx: ")
            continue
        assert 0 <= found.threshold <= 1
        assert math.isfinite(found.temperature)
        assert found.temperature > 0
        assert found.labels == ("HEM", "ALL")
        assert found.band is None or 0 <= found.band[0] <= found.band[1] <= 1
        assert card.from_json(found.to_json(), path=PLACE) == found
    assert refused > 250


RULE = json.loads(CALIBRATED.to_json())["share_rule"]
WRONG = [
    ("quality", {"cells": None}, "quality.cells: Expected `int`, got `null`"),
    ("quality", {"smallest_area": 5, "largest_area": 4}, "quality: smallest_area 5 is above largest_area 4"),
    ("quality", {"lowest_hue": 300, "highest_hue": 280}, "quality: lowest_hue 300.0 is above highest_hue 280.0"),
    ("temperature", "", "temperature: Expected `float`, got `str`"),
    ("temperature", 0, "temperature: Expected `float` >= 0.01"),
    ("threshold", 1.5, "threshold: Expected `float` <= 1.0"),
    ("band", [0.9, 0.1], "band (0.9, 0.1) is upside down"),
    ("share_rule", {"edges": [0.5]}, "share_rule: Object missing required field `blasts`"),
    ("share_rule", RULE | {"edges": [0.9, 0.1]}, "share_rule: edges (0.9, 0.1) do not rise"),
    ("share_rule", RULE | {"blasts": [[0.5]]}, "share_rule: blasts: each row needs "),
    ("share_rule", RULE | {"normal": []}, "share_rule: normal: each row needs "),
    ("share_rule", RULE | {"hues": [1]}, "share_rule.hues: Expected `array` of length 2"),
    ("share_rule", RULE | {"hues": [300, 280]}, "share_rule: hues (300.0, 280.0) are upside down"),
    ("share_rule", RULE | {"min_cells": 0}, "share_rule.min_cells: Expected `int` >= 1"),
    ("preprocess", {"crop": -1, "size": 224}, "preprocess.crop: Expected `int` >= 1"),
    ("model_id", "../../x", "model_id: Expected `str` matching regex"),
    ("surprise", 1, "surprise: there is no such field"),
]


@pytest.mark.parametrize(("field", "value", "told"), WRONG, ids=[told for _, _, told in WRONG])
def test_a_wrong_value_is_named_by_its_field(field: str, value: object, told: str) -> None:
    text = json.dumps(json.loads(CALIBRATED.to_json()) | {field: value})
    with pytest.raises(ModelError) as caught:
        card.from_json(text, path=PLACE)
    assert str(caught.value).startswith(f"model.onnx: holds a damaged model card ({told}")


@pytest.mark.parametrize("made", [CARD, CALIBRATED], ids=["by a training", "by a release"])
def test_a_card_is_read_as_it_was_written(made: card.ModelCard) -> None:
    assert card.from_json(made.to_json(), path=PLACE) == made


def test_a_newer_card_is_refused_and_an_older_one_s_patient_rule_read_over() -> None:
    values = json.loads(CARD.to_json())
    with pytest.raises(ModelError, match=r"model\.onnx: was made by a newer LeukoLens\. pip install --upgrade"):
        card.from_json(json.dumps(values | {"format": card.FORMAT + 1, "unheard_of": 1}), path=PLACE)
    older = card.from_json(json.dumps(values | {"format": 3, "patient_rule": {"cut": 0.5}}), path=PLACE)
    assert older.format == 3


def test_the_cell_s_rule_is_the_card_s() -> None:
    rule = CALIBRATED.cell_rule
    assert (rule.threshold, rule.temperature, rule.band) == (0.5, 2.0, (0.25, 0.75))


def test_what_a_model_lacks_is_said() -> None:
    assert CALIBRATED.missing == ""
    assert CARD.missing == (
        "This model lacks safeguards: it judges any image, a whole field too, it is never uncertain, its probabilities "
        "are not calibrated."
    )
    assert CALIBRATED.lacking(distance=False) == (
        "This model lacks safeguards: it accepts cells unlike any that it has seen."
    )
    assert replace(CALIBRATED, share_rule=None).missing == ""  # the patient's own answer says so

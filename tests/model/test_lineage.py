"""A card keeps which cells taught a model, and a damaged lineage is named."""

from dataclasses import replace
from pathlib import Path

import pytest
from cardmaker import CARD

from leukolens.base.errors import ModelError
from leukolens.model.card import from_json
from leukolens.model.lineage import Lineage

LINEAGE = Lineage(
    parent="0123456789ab",
    cells="c" * 64,
    blasts=12,
    normal=9,
    patients=4,
    left_out="patients",
    auroc=0.91,
    parent_auroc=0.85,
    gain=(0.01, 0.11),
)


def test_the_lineage_travels_in_the_card() -> None:
    card = replace(CARD, lineage=LINEAGE)
    assert from_json(card.to_json(), path=Path("m.onnx")) == card
    assert from_json(CARD.to_json(), path=Path("m.onnx")).lineage is None


@pytest.mark.parametrize(
    ("right", "wrong"), [('"patients":4', '"patients":-1'), ('"left_out":"patients"', '"left_out":"days"')]
)
def test_a_damaged_lineage_is_named(right: str, wrong: str) -> None:
    text = replace(CARD, lineage=LINEAGE).to_json().replace(right, wrong)
    with pytest.raises(ModelError, match=r"lineage\."):
        from_json(text, path=Path("m.onnx"))

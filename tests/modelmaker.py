"""Model files for tests: a good one with something changed."""

import json
from collections.abc import Callable
from pathlib import Path

import onnx

from leukolens.model.card import METADATA_KEY


def with_card(model: Path, path: Path, change: Callable[[dict[str, object]], object]) -> Path:
    """The model with a changed card."""
    proto = onnx.load(model)
    (entry,) = (entry for entry in proto.metadata_props if entry.key == METADATA_KEY)
    card = json.loads(entry.value)
    change(card)
    entry.value = json.dumps(card)
    onnx.save(proto, path)
    return path

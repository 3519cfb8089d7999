"""Model cards for tests: as a training writes it, and as a release does."""

from dataclasses import replace

from sharemaker import SHARE_RULE

from leukolens.cells.quality import QualityLimits
from leukolens.model.card import ModelCard
from leukolens.model.preprocess import Preprocess

CARD = ModelCard(
    model_id="0123456789ab",
    network="mobilenet_m",
    labels=("HEM", "ALL"),
    preprocess=Preprocess(crop=300, size=224),
    input_range="0-255 RGB",
    threshold=0.5,
    protocol="paper",
    fold="1",
    data_hash="d" * 64,
    split_hash="e" * 64,
    init="imagenet",
    settings={"seed": 0, "epochs": 2, "noise": [0, 5], "nested": {"a": 1}},
    metrics={"val_accuracy": 0.9},
    commit="",
    versions={"python": "3.11"},
    created="2026-01-01T00:00:00+00:00",
)
"""As a training with the paper's protocol writes it."""


CALIBRATED = replace(
    CARD,
    protocol="all",
    temperature=2.0,
    band=(0.25, 0.75),
    share_rule=SHARE_RULE,
    quality=QualityLimits(grain=30.0),
    calibration="answers to 30 cells of 3 subjects",
)
"""As `leukolens release` writes it."""

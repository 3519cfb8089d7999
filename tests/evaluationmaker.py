"""An evaluation for tests, from answers that are given; no model is asked."""

from types import SimpleNamespace
from typing import Any

import numpy as np
from cardmaker import CARD
from splitmaker import cells_of

from leukolens.model.card import ModelCard
from leukolens.research.data.cell import labels_of
from leukolens.research.evaluate.evaluate import Evaluation, TestedNoise
from leukolens.research.evaluate.metrics import measure

P_ALL = (0.9, 0.8, 0.4, 0.2, 0.1, 0.6)
"""Of three ALL and three HEM cells: one of either class is called wrongly."""


def evaluation(*sigmas: float, card: ModelCard = CARD, fold: str | None = "1", **changes: Any) -> Evaluation:
    """Every σ gives P_ALL, less a hundredth of σ."""
    cells = tuple(cells_of({"1": 3, "H1": 3}, fold=fold or "0"))
    labels = labels_of(cells)
    rows = []
    for sigma in sigmas or (0.0,):
        p_all = np.clip(np.array(P_ALL) - sigma / 100, 0, 1)
        rows.append(TestedNoise(sigma=sigma, p_all=p_all, metrics=measure(labels, p_all, threshold=0.5)))
    values = {
        "classifier": SimpleNamespace(card=card),
        "part": "test",
        "seed": 0,
        "cells": cells,
        "labels": labels,
        "rows": tuple(rows),
        "fold": fold,
        "shared_subjects": 0,
    }
    return Evaluation(**{**values, **changes})

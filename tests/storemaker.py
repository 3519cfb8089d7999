"""A store of cells that were never drawn, and what a held-out experiment leaves of them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from splitmaker import cells_of, digests_of

from leukolens.model.preprocess import Preprocess
from leukolens.research.data.cell import Cell
from leukolens.research.data.store import CellStore

METRIC = {"value": 0.9, "low": 0.8, "high": 0.95}


def store(cells: Sequence[Cell] | None = None, *, side: int = 8) -> CellStore:
    """Black cells of `side` px; cell i has an area of 1000 + i px. Default: three subjects of either class."""
    found = tuple(cells or cells_of({"1": 6, "2": 6, "3": 6, "H1": 6, "H2": 6, "H3": 6}))
    return CellStore(
        cells=found,
        pixels=np.zeros((len(found), side, side, 3), np.uint8),
        preprocess=Preprocess(size=side),
        digests=tuple(digests_of(found)),
        half_extents=np.full(len(found), 3, np.int32),
        areas=np.arange(1000, 1000 + len(found), dtype=np.int32),
    )


def held_out(value: float = 0.9, **changes: Any) -> dict[str, Any]:
    """A held_out.json in which every metric has this value, but for what is given."""
    from leukolens.research.experiments.benchmark_report import METRICS
    from leukolens.research.experiments.measure import Calibration

    calibration = Calibration(temperature=1.5, threshold=0.4, band=(0.2, 0.7), why_no_band="")
    found = {
        "recipe": "paper",
        "protocol": "test fold 0",
        "seed": 0,
        "calibration": asdict(calibration),
        "shared_subjects": 0,
        "metrics": {name: METRIC | {"value": value} for name in METRICS},
        "subjects": [
            {"subject": "H3", "label": "hem", "cells": 20, "right": 0.25, "mean_p_all": 0.7},
            {"subject": "7", "label": "all", "cells": 30, "right": 0.9, "mean_p_all": 0.8},
        ],
        "reliability": {"mean_p": [0.2, 0.8], "share_all": [0.1, 0.9], "count": [5, 5]},
        "three_answers": {"answered": 0.75, "error_answered": 0.02, "subject_loss": 0.03},
        "patients": {
            "rule": {"min_cells": 40, "limit": 0.05},
            "why_no_rule": "",
            "patients": [
                {"subject": "7", "label": "all", "finding": "above"},
                {"subject": "H3", "label": "hem", "finding": "above"},
            ],
        },
        "conditions": {"brighter": {"sensitivity": 0.7, "specificity": 0.6, "auroc": 0.65}},
    }
    return found | changes

"""Shortcuts see what they are named after and nothing else, under the same split."""

from fnmatch import fnmatchcase

import numpy as np
import pytest
from storemaker import store

from leukolens.research.data.cell import labels_of
from leukolens.research.data.split import Split
from leukolens.research.experiments import shortcuts
from leukolens.research.experiments.shortcuts import SHORTCUTS, measure_shortcuts
from leukolens.research.older.table import FeatureTable

NAMES = ("shape.cell_area", "shape.cell_solidity", "colour.cell_red_mean", "glcm.energy_d1", "lbp.r1_08")
NAMES += ("statistics.cell_mean",)


def test_each_sees_what_it_is_named_after() -> None:
    seen = {
        name: {one for one in NAMES if any(fnmatchcase(one, pattern) for pattern in family.features)}
        for name, family in SHORTCUTS.items()
    }
    assert seen["area alone"] == {"shape.cell_area"}
    assert seen["outline alone"] == {"shape.cell_area", "shape.cell_solidity"}
    assert seen["colour alone"] == {"colour.cell_red_mean"}
    assert seen["texture without colour"] == set(NAMES[3:])
    assert seen["all 215 features"] == set(NAMES)


def test_only_the_one_that_sees_the_difference_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = store()
    labels = labels_of(cells.cells)
    values = np.random.default_rng(0).normal(size=(len(labels), len(NAMES)))
    values[:, 2] += 8 * labels  # colour alone tells
    monkeypatch.setattr(shortcuts, "feature_table", lambda _: FeatureTable(names=NAMES, values=values))
    rows = np.arange(len(labels)).reshape(6, 6)  # two subjects of either class train, and so on
    split = Split(
        protocol="subject",
        seed=0,
        rows={
            "train": tuple(rows[[0, 1, 3, 4]].ravel().tolist()),
            "val": tuple(rows[[0, 3]].ravel().tolist()),
            "test": tuple(rows[[2, 5]].ravel().tolist()),
        },
    )
    found = measure_shortcuts(cells, split)
    auroc = {name: one["metrics"]["auroc"]["value"] for name, one in found.items()}  # type: ignore[index]
    assert auroc["colour alone"] == auroc["all 215 features"] == 1
    assert max(auroc["area alone"], auroc["texture without colour"]) < 0.95
    assert {row["subject"] for row in found["area alone"]["subjects"]} == {"3", "H3"}  # type: ignore[union-attr]

"""What a glance tells without looking at the chromatin: size, colour, outline or texture alone, under the same split.

A network that is no better than these has learnt nothing more; where they stand well on one test and badly on the next,
so may a network that leans on them.
"""

from collections.abc import Mapping

from sklearn.linear_model import LogisticRegression

from leukolens.research.data.cell import labels_of
from leukolens.research.data.split import Split
from leukolens.research.data.store import CellStore
from leukolens.research.experiments.measure import calibrate, judged_cells, result, tempered
from leukolens.research.older.fit import fit_family
from leukolens.research.older.pipelines import Family
from leukolens.research.older.table import feature_table

_PATTERNS: Mapping[str, tuple[str, ...]] = {
    "area alone": ("shape.cell_area",),
    "outline alone": ("shape.cell_*",),
    "colour alone": ("colour.*",),
    "texture without colour": ("glcm.*", "lbp.*", "statistics.*"),
    "all 215 features": ("*",),
}

SHORTCUTS = {
    name: Family(
        reference="baseline, no paper",
        features=patterns,
        replaced="",
        steps=lambda seed: (LogisticRegression(C=0.1, max_iter=2000),),
    )
    for name, patterns in _PATTERNS.items()
}
"""Logistic regressions on groups of `research.older.features`."""


def measure_shortcuts(store: CellStore, split: Split) -> dict[str, dict[str, object]]:
    """Name → calibration-by-validation and test metrics, as an experiment's."""
    table, labels = feature_table(store.cells), labels_of(store.cells)
    found = {}
    for name, family in SHORTCUTS.items():
        fitted = fit_family(family, table, labels, split, seed=split.seed)
        calibration = calibrate(judged_cells(store, split.rows["val"], fitted.p_val))
        judged = judged_cells(store, split.rows["test"], tempered(fitted.p_test, calibration.temperature))
        found[name] = result(judged, calibration, seed=split.seed)
    return found

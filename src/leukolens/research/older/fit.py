"""(pipeline, features, split) → p(ALL) of the validation and test cells; fitted on the training cells only."""

import difflib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import has_fit_parameter

from leukolens.base.errors import LeukoLensError, SplitError
from leukolens.images.cnmc_names import LABELS
from leukolens.research.data.split import Split
from leukolens.research.older.pipelines import CALIBRATION_FOLDS, NEIGHBOURS, PIPELINES, Family
from leukolens.research.older.table import FeatureTable


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What a fitted pipeline says of the cells it has not seen."""

    p_val: NDArray[np.float64]
    """(val,) probability of ALL, in the order of split.rows["val"]."""
    p_test: NDArray[np.float64]
    """(test,) the same for split.rows["test"]."""


def find_family(name: str) -> Family:
    """Raises LeukoLensError that suggests the nearest name."""
    if name not in PIPELINES:
        near = difflib.get_close_matches(name, PIPELINES, n=1, cutoff=0)[0]
        raise LeukoLensError(
            f"there is no pipeline {name!r}", hint=f"Did you mean {near!r}? There are: {', '.join(PIPELINES)}"
        )
    return PIPELINES[name]


def fit_pipeline(name: str, table: FeatureTable, labels: NDArray[np.int64], split: Split, *, seed: int) -> Fitted:
    """Fit one pipeline of `PIPELINES`; see `fit_family`. Raises LeukoLensError for an unknown name too."""
    return fit_family(find_family(name), table, labels, split, seed=seed)


def fit_family(family: Family, table: FeatureTable, labels: NDArray[np.int64], split: Split, *, seed: int) -> Fitted:
    """Fit a method on the training rows.

    labels: (N,) 0 HEM, 1 ALL, in the table's order. Both classes weigh the same in training, so that 0.5 is the fair
    threshold; only KNN cannot weigh, and leans to the larger class. Raises SplitError when the training part is too
    small.
    """
    features = table.select(family.features)
    train = list(split.rows["train"])
    _refuse_few(labels[train])
    pipeline = family.build(seed)
    last, classifier = pipeline.steps[-1]
    weights = {}
    if has_fit_parameter(classifier, "sample_weight"):
        # not class_weight: a sigmoid fitted without weights would undo it
        weights[f"{last}__sample_weight"] = compute_sample_weight("balanced", labels[train])
    pipeline.fit(features[train], labels[train], **weights)

    def p_all(rows: tuple[int, ...]) -> NDArray[np.float64]:
        return np.asarray(pipeline.predict_proba(features[list(rows)])[:, LABELS.index("all")], np.float64)

    return Fitted(p_val=p_all(split.rows["val"]), p_test=p_all(split.rows["test"]))


def _refuse_few(labels: NDArray[np.int64]) -> None:
    counts = np.bincount(labels, minlength=len(LABELS))
    if counts.min() < CALIBRATION_FOLDS or counts.sum() < NEIGHBOURS:
        there = ", ".join(f"{count} {label.upper()}" for label, count in zip(LABELS, counts, strict=True))
        raise SplitError(
            f"too few training cells ({there})",
            hint=f"At least {CALIBRATION_FOLDS} of each class and {NEIGHBOURS} in all are needed",
        )

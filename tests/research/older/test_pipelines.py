"""Every family fits, beats chance on generated cells, repeats itself by its seed, and sees no cell it is tested on."""

import warnings
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from leukolens.base.errors import LeukoLensError, SplitError
from leukolens.research.data.cell import Cell, labels_of
from leukolens.research.data.index import index
from leukolens.research.data.split import Split, make_split
from leukolens.research.older.fit import fit_pipeline
from leukolens.research.older.pipelines import PIPELINES
from leukolens.research.older.table import FeatureTable, feature_table

NAMES = {
    "area_alone",
    "mohapatra_2010",
    "putzu_2014",
    "rawat_2015",
    "rawat_2017_knn",
    "rawat_pnn",
    "singhal_2014_lbp",
    "singhal_2014_glcm",
    "el_houby_2018_dt",
    "el_houby_2018_knn",
    "el_houby_2018_nb",
    "el_houby_2018_svm",
    "mohammed_2021_knn",
    "mohammed_2021_svm",
    "mohammed_2021_nb",
    "bodzas_2020",
}


@pytest.fixture(scope="module")
def found(cells: Path) -> tuple[Cell, ...]:
    return index(cells).cells


@pytest.fixture(scope="module")
def table(found: tuple[Cell, ...], cache: Path) -> FeatureTable:
    return feature_table(found)


@pytest.fixture(scope="module")
def labels(found: tuple[Cell, ...]) -> NDArray[np.int64]:
    return labels_of(found)


@pytest.fixture(scope="module")
def split(found: tuple[Cell, ...]) -> Split:
    return make_split(found, [cell.name for cell in found], protocol="paper", seed=0)


def test_the_registry_holds_the_families() -> None:
    assert {name for name, family in PIPELINES.items() if not family.frozen} == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_family_beats_chance(name: str, table: FeatureTable, labels: NDArray[np.int64], split: Split) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = fit_pipeline(name, table, labels, split, seed=0)
    assert fitted.p_val.shape == (len(split.rows["val"]),)
    assert fitted.p_test.shape == (len(split.rows["test"]),)
    p_all = np.concatenate([fitted.p_val, fitted.p_test])
    assert ((p_all >= 0) & (p_all <= 1)).all()
    unseen = [*split.rows["val"], *split.rows["test"]]
    assert roc_auc_score(labels[unseen], p_all) > 0.7


@pytest.mark.parametrize("name", ["rawat_2015", "el_houby_2018_dt", "rawat_pnn"])
def test_a_seed_gives_the_same_probabilities(
    name: str, table: FeatureTable, labels: NDArray[np.int64], split: Split
) -> None:
    first, again = (fit_pipeline(name, table, labels, split, seed=5) for _ in range(2))
    assert np.array_equal(first.p_val, again.p_val)
    assert np.array_equal(first.p_test, again.p_test)


def test_only_training_cells_are_fitted_on(table: FeatureTable, labels: NDArray[np.int64], split: Split) -> None:
    """Neither the test cells' figures (in scaler, PCA, selection) nor their labels reach the other verdicts."""
    values, other = table.values.copy(), labels.copy()
    test = list(split.rows["test"])
    values[test], other[test] = 1e6, 1 - other[test]
    changed = FeatureTable(names=table.names, values=values)
    for name in ("rawat_2015", "el_houby_2018_svm"):
        before = fit_pipeline(name, table, labels, split, seed=0)
        after = fit_pipeline(name, changed, other, split, seed=0)
        assert np.array_equal(before.p_val, after.p_val)


@pytest.mark.parametrize("name", ["area_alone", "bodzas_2020", "singhal_2014_lbp"])
def test_the_larger_class_is_not_favoured(name: str) -> None:
    """Without any information the fair answer is one half, whatever the classes' sizes."""
    family = PIPELINES[name]
    random = np.random.default_rng(0)
    columns = tuple(
        pattern.replace("*", str(n)) for pattern in family.features for n in range(25 if "*" in pattern else 1)
    )
    table = FeatureTable(names=columns, values=random.standard_normal((600, len(columns))))
    labels = (np.arange(600) % 5 > 0).astype(np.int64)  # four ALL to one HEM
    split = Split(
        protocol="paper", seed=0, rows={"train": tuple(range(400)), "val": (400,), "test": tuple(range(401, 600))}
    )
    p_all = fit_pipeline(name, table, labels, split, seed=0).p_test
    assert p_all.mean() == pytest.approx(0.5, abs=0.12)


def test_every_pattern_names_features(table: FeatureTable) -> None:
    for family in PIPELINES.values():
        assert family.reference
        if family.frozen:  # tests/test_classical_frozen.py has a table of theirs
            continue
        assert all(any(fnmatchcase(name, pattern) for name in table.names) for pattern in family.features)
    measured = {name: family for name, family in PIPELINES.items() if not family.frozen}
    count = {name: table.select(family.features).shape[1] for name, family in measured.items()}
    assert count["area_alone"] == 1
    assert count["bodzas_2020"] == 16
    assert count["putzu_2014"] == 16 + 17 + 4 + 16  # cell, nucleus with its ratio, colour, texture
    assert count["singhal_2014_lbp"] == 28


def test_an_unknown_name_suggests_the_nearest(table: FeatureTable, labels: NDArray[np.int64], split: Split) -> None:
    with pytest.raises(LeukoLensError, match="Did you mean 'bodzas_2020'"):
        fit_pipeline("bodzas2020", table, labels, split, seed=0)


def test_too_few_training_cells_are_refused(table: FeatureTable, labels: NDArray[np.int64], split: Split) -> None:
    train = tuple(row for row in split.rows["train"] if labels[row])
    alone = Split(protocol="paper", seed=0, rows={**split.rows, "train": train})
    with pytest.raises(SplitError, match="0 HEM"):
        fit_pipeline("area_alone", table, labels, alone, seed=0)

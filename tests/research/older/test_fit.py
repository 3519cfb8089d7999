"""A method learns from its training cells alone, weighs both classes alike, and names what it cannot do."""

import numpy as np
import pytest

from leukolens.base.errors import LeukoLensError, SplitError
from leukolens.research.data.split import Split
from leukolens.research.older.fit import find_family, fit_family, fit_pipeline
from leukolens.research.older.table import FeatureTable

LABELS = (np.arange(60) % 3 > 0).astype(np.int64)  # two ALL to one HEM
AREAS = 1000.0 + 200 * LABELS + np.random.default_rng(0).normal(0, 20, 60)
TABLE = FeatureTable(names=("shape.cell_area", "lbp.other"), values=np.stack([AREAS, AREAS * 0], axis=1))
SPLIT = Split(
    protocol="paper",
    seed=0,
    rows={"train": tuple(range(36)), "val": tuple(range(36, 42)), "test": tuple(range(59, 41, -1))},
)


def test_answers_stand_in_the_split_s_order() -> None:
    fitted = fit_pipeline("area_alone", TABLE, LABELS, SPLIT, seed=0)
    for part, p_all in (("val", fitted.p_val), ("test", fitted.p_test)):
        rows = list(SPLIT.rows[part])  # type: ignore[index]
        assert p_all.shape == (len(rows),)
        assert np.array_equal(p_all >= 0.5, LABELS[rows] == 1)


def test_what_is_tested_changes_nothing() -> None:
    values, labels, test = TABLE.values.copy(), LABELS.copy(), list(SPLIT.rows["test"])
    values[test], labels[test] = 1e6, 1 - labels[test]
    before = fit_pipeline("area_alone", TABLE, LABELS, SPLIT, seed=0)
    after = fit_pipeline("area_alone", FeatureTable(names=TABLE.names, values=values), labels, SPLIT, seed=0)
    assert np.array_equal(before.p_val, after.p_val)


def test_the_larger_class_is_not_favoured() -> None:
    nothing = FeatureTable(names=TABLE.names, values=np.random.default_rng(1).normal(size=(60, 2)))
    p_all = fit_family(find_family("area_alone"), nothing, LABELS, SPLIT, seed=0).p_test
    assert p_all.mean() == pytest.approx(0.5, abs=0.1)  # 2 in 3 are ALL


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(LeukoLensError, match=r"no pipeline 'putzu2014'\. Did you mean 'putzu_2014'\? There are: "):
        find_family("putzu2014")


@pytest.mark.parametrize(("rows", "told"), [((1, 2, 4, 5, 7), "0 HEM, 5 ALL"), (range(12), "4 HEM, 8 ALL")])
def test_too_few_training_cells_are_counted(rows: range, told: str) -> None:
    few = Split(protocol="paper", seed=0, rows={**SPLIT.rows, "train": tuple(rows)})
    with pytest.raises(SplitError, match=rf"too few training cells \({told}\)\. At least 5 of each class"):
        fit_pipeline("area_alone", TABLE, LABELS, few, seed=0)

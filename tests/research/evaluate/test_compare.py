"""Two runs on the same cells: the difference with its paired interval, and what cannot be compared."""

from pathlib import Path

import pytest
from comparemaker import written

from leukolens.base.errors import RunError
from leukolens.research.evaluate.compare import Comparison, compare


def of(found: Comparison, name: str) -> tuple[float, float, float]:
    (one,) = [one for one in found.metrics if one.name == name]
    return one.difference.low, one.difference.value, one.difference.high


def test_a_better_run_is_told_although_its_subjects_differ_far_more(tmp_path: Path) -> None:
    worse = written(tmp_path / "a", skill=1.0, noise=1)
    better = written(tmp_path / "b", skill=1.6, noise=2)
    found = compare(worse, better)
    low, value, high = of(found, "auroc")
    assert 0 < low < value < high
    assert (found.first, found.second, found.cells) == ("000000000001", "000000000002", 320)
    assert found.subjects == {"all": 8, "hem": 8}
    assert found.caution == ""
    other_way = of(compare(better, worse), "auroc")
    assert other_way == pytest.approx((-high, -value, -low))
    assert "auroc_area_matched" not in {one.name for one in found.metrics}


def test_a_run_does_not_differ_from_itself(tmp_path: Path) -> None:
    run = written(tmp_path / "a", skill=1.0, noise=1)
    assert all(one.difference.low == one.difference.high == 0 for one in compare(run, run).metrics)


def test_each_run_is_judged_by_its_own_threshold(tmp_path: Path) -> None:
    first = written(tmp_path / "a", skill=1.0, noise=1)
    second = written(tmp_path / "b", skill=1.0, noise=1, threshold=0.05)
    assert of(compare(first, second), "sensitivity")[1] > 0 > of(compare(first, second), "specificity")[1]
    assert of(compare(first, second), "auroc")[1] == 0


def test_other_cells_are_refused(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a", skill=1, noise=1), written(tmp_path / "b", skill=1, noise=2, cells=19)
    with pytest.raises(RunError, match=r"was tested on other cells than .*: 304 of 320 and 304 are the same"):
        compare(first, second)


def test_a_run_without_predictions_names_what_makes_them(tmp_path: Path) -> None:
    first = written(tmp_path / "a", skill=1, noise=1)
    (tmp_path / "b").mkdir()
    with pytest.raises(RunError, match=r"b: holds no predictions\.csv .*leukolens evaluate .*b"):
        compare(first, tmp_path / "b")
    (tmp_path / "b/predictions.csv").write_text("path,label\nx,ALL\n")
    with pytest.raises(RunError, match="has no clean cells"):
        compare(first, tmp_path / "b")

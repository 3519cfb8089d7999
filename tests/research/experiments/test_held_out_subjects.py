"""experiments.held_out_subjects: what the committed experiments keep, read again."""

import json
from pathlib import Path

import pytest
from scipy.special import logit
from scipy.stats import norm

from leukolens.base.errors import RunError
from leukolens.research.experiments.held_out_subjects import counted_band, held_out_subjects

RESULTS = Path(__file__).resolve().parents[3] / "results/held-out-patients"


def test_every_subject_of_both_folds_and_trainings_is_there() -> None:
    found = held_out_subjects(RESULTS)
    assert len(found) == 84
    assert len({one.name for one in found}) == 42
    assert sum(one.cells for one in found) == 2 * 7108
    (worst,) = [one for one in found if (one.name, one.seed) == ("H16", 0)]
    assert (worst.cells, worst.called, worst.blasts) == (69, 63, False)


def test_the_log_odds_give_the_cells_called_all_again() -> None:
    for one in held_out_subjects(RESULTS):
        share = 1 - norm.cdf((logit(one.threshold) - one.odds.location) / one.odds.spread)
        assert one.cells * share == pytest.approx(one.called, abs=0.51)


def result(folder: Path, name: str, count: list[int], share_all: list[float | None]) -> None:
    path = folder / "runs" / f"leukolens-test-fold-{name}" / "held_out.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"shared_subjects": 0, "reliability": {"count": count, "share_all": share_all}}))


def test_the_band_leaves_out_whole_bins_that_hold_the_error_in_each_experiment(tmp_path: Path) -> None:
    result(tmp_path, "0", [50, 10, 5, 10, 50], [0.02, 0.2, None, 0.9, 1.0])
    result(tmp_path, "1", [50, 10, 5, 10, 50], [0.0, 0.0, 0.5, 1.0, 1.0])
    assert counted_band(tmp_path, error=0.03) == pytest.approx((0.2, 0.8))  # 1 of 100, but with the next 4 of 120
    assert counted_band(tmp_path, error=0.04) == pytest.approx((0.4, 0.6))
    with pytest.raises(RunError, match="has no bins outside which"):
        counted_band(tmp_path, error=0.005)


def test_a_folder_without_experiments_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no experiment of recipe 'leukolens'"):
        held_out_subjects(tmp_path)

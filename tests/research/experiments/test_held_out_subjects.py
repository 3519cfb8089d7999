"""experiments.held_out_subjects: what the committed experiments keep, read again."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logit

from leukolens.base.errors import RunError
from leukolens.decide.fit_share import fit_share_rule
from leukolens.decide.share import blast_share
from leukolens.research.experiments.held_out_subjects import counted_band, held_out_subjects

RESULTS = Path(__file__).resolve().parents[3] / "results/held-out-patients"


def test_every_subject_of_both_folds_is_there_with_each_of_its_cells() -> None:
    found = [one for one in held_out_subjects(RESULTS) if one.seed == 0]
    assert len(found) == len({one.name for one in found}) == 42
    assert sum(len(one.p_all) for one in found) == 7108
    (worst,) = [one for one in found if one.name == "H16"]
    assert (len(worst.p_all), worst.blasts, worst.fold) == (69, False, "0")


def test_the_answers_are_those_of_the_experiments() -> None:
    """The network that was trained anew is the one whose figures are published."""
    for one in held_out_subjects(RESULTS):
        (path,) = RESULTS.glob(f"runs/leukolens-test-fold-{one.fold}-{one.seed}-*/held_out.json")
        (row,) = [row for row in json.loads(path.read_text())["subjects"] if row["subject"] == one.name]
        assert one.p_all.mean() == pytest.approx(row["mean_p_all"], abs=1e-4)


def test_a_subject_s_log_odds_are_those_of_its_cells() -> None:
    one = held_out_subjects(RESULTS)[0]
    assert one.odds.location == pytest.approx(logit(one.p_all).mean(), abs=1e-3)


def test_fifteen_blasts_and_ten_normal_cells_are_told_as_about_sixty_per_cent() -> None:
    """Real cells of two people, taken as one patient, under a rule that was fitted on all others."""
    subjects, told = [one for one in held_out_subjects(RESULTS) if one.seed == 0], {}
    for donor in (one for one in subjects if not one.blasts and one.fold == "1"):
        for patient in (one for one in subjects if one.blasts and one.fold == "1"):
            others = [one for one in subjects if one.name not in (donor.name, patient.name)]
            blasts, normal = ([one.odds for one in others if one.blasts == kind] for kind in (True, False))
            random = np.random.default_rng(0)
            cells = np.concatenate([random.choice(patient.p_all, 15), random.choice(donor.p_all, 10)])
            told[donor.name, patient.name] = blast_share(cells, fit_share_rule(blasts, normal))
    assert np.median([one.share for one in told.values()]) == pytest.approx(0.6, abs=0.06)
    assert sum(one.low <= 0.6 <= one.high for one in told.values()) >= 0.93 * len(told)
    assert not any(one.finding == "no sign" for one in told.values())
    assert told["H14", "34"].finding == "above"


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


def test_experiments_without_answers_say_how_to_get_them(tmp_path: Path) -> None:
    result(tmp_path, "0", [1], [1.0])
    path = next(tmp_path.glob("runs/*/held_out.json"))
    path.write_text(json.dumps({"shared_subjects": 0, "protocol": "test fold 0", "seed": 0}))
    with pytest.raises(RunError, match=r"holds no answers.*studies/held_out_answers\.py"):
        held_out_subjects(tmp_path)

"""What is fitted on inner validation, and what is said of a test."""

import json
from dataclasses import replace

import numpy as np
import pytest
from storemaker import store

from leukolens.measure.held_out_metrics import Judged
from leukolens.research.data.split import Split
from leukolens.research.experiments.measure import (
    Calibration,
    calibrate,
    judged_cells,
    result,
    tempered,
    with_validation,
)


def test_calibration_weighs_subjects_alike_and_reaches_its_sensitivity() -> None:
    random = np.random.default_rng(0)
    labels = np.array([1] * 400 + [1] * 20 + [0] * 100)
    subjects = ("51",) * 400 + ("2",) * 20 + ("H1",) * 100
    logits = np.where(labels == 1, 2.0, -2.0) + random.normal(0, 2, len(labels))
    logits[400:420] -= 2  # the small subject is the hard one
    inner = Judged(labels=labels, p_all=1 / (1 + np.exp(-logits)), subjects=subjects, areas=np.ones(len(labels)))
    found = calibrate(inner)
    p_all = tempered(inner.p_all, found.temperature)
    big, small = (p_all[:400] >= found.threshold).mean(), (p_all[400:420] >= found.threshold).mean()
    assert (big + small) / 2 >= 0.95
    assert small < big
    assert found.band is None
    assert "3 subjects cannot hold an error of 0.03" in found.why_no_band


def test_a_temperature_divides_the_log_odds() -> None:
    found = tempered(np.array([0.9, 0.5, 0.1]), 2.0)
    np.testing.assert_allclose(found, [0.75, 0.5, 0.25])  # odds of 9 become odds of 3
    assert np.isfinite(tempered(np.array([0.0, 1.0]), 0.5)).all()


def test_without_a_choice_the_validation_subjects_train() -> None:
    split = Split(protocol="subject", seed=3, rows={"train": (0, 1), "val": (2,), "test": (3, 4)})
    found = with_validation(split)
    assert found.rows == {"train": (0, 1, 2), "val": (), "test": (3, 4)}
    assert (found.protocol, found.seed) == ("subject", 3)


def test_rows_keep_their_truth_subject_and_area() -> None:
    found = judged_cells(store(), (20, 3), np.array([0.1, 0.8]))
    assert found.labels.tolist() == [0, 1]
    assert found.subjects == ("H1", "1")
    assert found.areas.tolist() == [1020, 1003]
    assert found.p_all.tolist() == [0.1, 0.8]


def test_a_result_is_json_and_has_no_three_answers_without_a_band() -> None:
    cells = store()
    rows = tuple(range(len(cells.cells)))
    judged = judged_cells(cells, rows, np.linspace(0.95, 0.05, len(rows)))
    calibration = Calibration(temperature=1.0, threshold=0.5, band=None, why_no_band="too few")
    found = json.loads(json.dumps(result(judged, calibration, seed=0)))
    assert found["three_answers"] is None
    assert found["metrics"]["auroc"]["value"] == 1
    assert [row["right"] for row in found["subjects"]] == [1.0] * 6
    with_band = result(judged, replace(calibration, band=(0.4, 0.6)), seed=0)
    assert with_band["three_answers"]["answered"] == pytest.approx((judged.p_all > 0.6).mean() * 2, abs=0.06)
    assert sum(found["reliability"]["count"]) == len(rows)

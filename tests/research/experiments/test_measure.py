"""What is fitted on inner validation, and what is said of a test."""

import numpy as np

from leukolens.research.evaluate.held_out_metrics import Judged
from leukolens.research.experiments.measure import calibrate, tempered


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

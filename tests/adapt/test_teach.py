"""A taught model: not written where it is worse, measured on cells left out, and answering as it was fitted."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from adaptmaker import known, laboratory

from leukolens import Classifier
from leukolens.adapt import teach as teaching
from leukolens.adapt.reviewed import reviewed_cells
from leukolens.adapt.summary import report
from leukolens.adapt.teach import NotBetter, learn, teach, write
from leukolens.base.errors import ModelError
from leukolens.model.form import FORMS, Form
from leukolens.model.network_file import SHIPPED_HALF, NetworkFile


def test_a_worse_model_is_refused(parent: NetworkFile) -> None:
    seen = known(parent, part=0.0)  # there is nothing to learn
    right = replace(seen, logits=(4.0 * seen.labels - 2).astype(np.float32))  # and the parent knows all
    with pytest.raises(NotBetter, match=r"worse than its parent: AUROC 0\.\d+, the parent's 1\.000 .*Keep the parent"):
        learn(right, parent)


def test_a_better_one_is_measured_on_cells_left_out(parent: NetworkFile) -> None:
    seen = known(parent, part=1.0)
    taught = learn(seen, parent)
    fitted = taught.layer.logits(seen.features[:, 0])
    itself = np.mean(fitted[seen.labels == 1][:, None] > fitted[seen.labels == 0])
    assert 0.5 < taught.gain.auroc < itself
    assert taught.gain.auroc > taught.gain.parent_auroc
    lineage = taught.card.lineage
    assert lineage is not None
    assert (lineage.parent, lineage.blasts, lineage.normal, lineage.patients) == (parent.card.model_id, 20, 20, 0)
    assert (lineage.left_out, lineage.auroc) == ("cells", taught.gain.auroc)
    lines = sorted(f"{place:064x} {('HEM', 'ALL')[place % 2]} \n" for place in range(40))
    assert lineage.cells == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert taught.card.model_id not in (parent.card.model_id, learn(known(parent, 60), parent).card.model_id)
    assert taught.card.model_id == learn(seen, parent).card.model_id
    assert "a new patient's cells are harder" in report(taught)


def test_one_that_the_form_in_use_surpasses_is_refused(parent: NetworkFile, monkeypatch: pytest.MonkeyPatch) -> None:
    judge, seen = NetworkFile(SHIPPED_HALF, threads=1), known(parent)
    right = replace(seen, judged=(18.0 * seen.labels - 9).astype(np.float32))
    monkeypatch.setattr(teaching, "see", lambda _, __, *, judge: seen if judge is None else right)
    told = rf"worse than {judge.card.model_id}, which judges now: .*that model's 1\.000 .*Continue with"
    with pytest.raises(NotBetter, match=told):
        teach(seen.cells, parent, judge=judge)
    assert teach(seen.cells, parent).beside is None


def test_patients_are_left_out_where_they_are_known(parent: NetworkFile) -> None:
    taught = learn(known(parent, patients=4), parent)
    assert taught.card.lineage is not None
    assert (taught.card.lineage.patients, taught.card.lineage.left_out) == (8, "patients")
    assert "of 8 patients of a laboratory, each by a layer that had not seen the patient" in taught.card.calibration
    assert "of 8 patients" in report(taught)
    assert taught.card.share_rule is not None
    assert taught.card.share_rule.hues == (289.0, 291.0)
    few = learn(known(parent, patients=2), parent).card
    assert few.lineage is not None
    assert (few.lineage.left_out, few.share_rule) == ("patients", None)


def test_the_operating_point_needs_enough_blasts(parent: NetworkFile) -> None:
    assert learn(known(parent, 40), parent).card.threshold == 0.5
    assert learn(known(parent, 100), parent).card.threshold < 0.5


@pytest.mark.parametrize("form", FORMS)
def test_the_file_answers_as_it_was_fitted(form: Form, tmp_path: Path, parent: NetworkFile) -> None:
    parent = parent if form == "float" else NetworkFile(FORMS[form], threads=1)
    folder, out = laboratory(tmp_path / "cells"), tmp_path / "ours.onnx"
    taught = teach(reviewed_cells([str(folder)]), parent)
    card = write(taught, parent, out)
    classifier = Classifier(out)
    assert classifier.card == card
    assert classifier.card.share_rule is not None  # three patients of each class, five cells of each
    paths = [cell.path for cell in taught.seen.cells]
    found = list(classifier(paths))
    assert all(one.p_all is not None for one in found), "its own cells are within its limits"
    logits = taught.layer.logits(taught.seen.features[:, 0]) / card.temperature
    assert [one.p_all for one in found] == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-4)
    assert not card.missing
    with pytest.raises(ModelError, match=r"has already been taught.*Give the model that it was taught from"):
        learn(taught.seen, NetworkFile(out, threads=1))
    with pytest.raises(ModelError, match="is the model to be taught"):
        write(taught, NetworkFile(out, threads=1), out)


def test_the_band_is_at_least_the_parents_and_the_threshold_inside(parent: NetworkFile) -> None:
    """Cells that lie far apart: no answer is wrong, and every threshold between them keeps the sensitivity."""
    assert parent.card.band is not None
    taught = learn(known(parent, 100, part=8.0), parent)
    assert taught.card.threshold <= 0.5
    assert taught.card.band is not None
    assert taught.card.band[0] <= parent.card.band[0]
    assert taught.card.band[1] >= parent.card.band[1]
    assert "of 100 cells left out get an answer, 0 a wrong one" in report(taught)


def test_a_parent_below_chance_is_a_warning(parent: NetworkFile, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong scale, or cells that were cut out by other means, look like a large gain."""
    seen = known(parent)
    learn(replace(seen, logits=(1.0 - 2 * seen.labels).astype(np.float32)), parent)
    assert "ranks these cells worse than chance (AUROC 0.000): check their labels" in caplog.text


def test_a_parent_that_cannot_be_taught_is_named(parent: NetworkFile) -> None:
    bare = NetworkFile(threads=1)
    bare.reference = None
    with pytest.raises(ModelError, match=r"features of its training cells lie.*another MobileNet_M"):
        learn(known(parent), bare)

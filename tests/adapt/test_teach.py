"""A taught model: not written where it is worse, measured on cells left out, and answering as it was fitted."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from adaptmaker import laboratory, seen_cells

from leukolens import Classifier
from leukolens.adapt import teach as teaching
from leukolens.adapt.reviewed import ReviewedCell, reviewed_cells
from leukolens.adapt.seen import SeenCells
from leukolens.adapt.teach import FEWEST, MOST, NotBetter, learn, report, teach, write
from leukolens.base.errors import DatasetError, ModelError
from leukolens.model.form import FORMS, Form
from leukolens.model.network_file import SHIPPED_HALF, NetworkFile


@pytest.fixture(scope="module")
def parent() -> NetworkFile:
    return NetworkFile(threads=1)


def known(parent: NetworkFile, count: int = 40, *, part: float = 1.0, patients: int = 0) -> SeenCells:
    """Cells whose features part the classes by so many deviations, along what the parent does not read."""
    assert parent.reference is not None
    random = np.random.default_rng(0)
    labels = np.arange(count) % 2
    spread = parent.reference.deviations
    features = parent.reference.mean + random.normal(0, spread, (count, len(spread))) @ parent.reference.directions
    features += part * spread[1] * (2 * labels - 1)[:, None] * parent.reference.directions[1]
    names = [f"{place % 2}-{place // 2 % patients}" if patients else "" for place in range(count)]
    return seen_cells(features.astype(np.float32), labels, random.normal(0, 1, count).astype(np.float32), names)


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
    told = rf"worse than {judge.card.model_id}, which judges so far: .*that model's 1\.000 .*Go on with"
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


@pytest.mark.parametrize("labels", [[1] * 10 + [0] * 9, [1] * 40, [1] * 40 + [0] * 4])
def test_too_few_cells_or_one_class_are_refused(labels: list[int], parent: NetworkFile) -> None:
    cells = [
        ReviewedCell(path=Path("absent.png"), content=f"{place:064x}", label=label, patient="")
        for place, label in enumerate(labels)
    ]
    counts = (
        rf"{len(labels)} cells were given \({sum(labels)} ALL, {len(labels) - sum(labels)} HEM\); at least {FEWEST}"
    )
    with pytest.raises(DatasetError, match=counts + ".*Review more cells"):
        teach(cells, parent)


@pytest.mark.parametrize("form", FORMS)
def test_the_file_answers_as_it_was_fitted(form: Form, tmp_path: Path, parent: NetworkFile) -> None:
    parent = parent if form == "float" else NetworkFile(FORMS[form], threads=1)
    folder, out = laboratory(tmp_path / "cells"), tmp_path / "ours.onnx"
    taught = teach(reviewed_cells([str(folder)], parent.card), parent)
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
    with pytest.raises(ModelError, match=r"was taught already.*Give the model that it was taught from"):
        learn(taught.seen, NetworkFile(out, threads=1))
    with pytest.raises(ModelError, match="is the model that is taught"):
        write(taught, NetworkFile(out, threads=1), out)


def test_of_very_many_cells_some_are_drawn(parent: NetworkFile, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []

    def looked(cells: list[ReviewedCell], _: NetworkFile, *, judge: NetworkFile | None) -> SeenCells:
        given.append(len(cells))
        return known(parent)

    monkeypatch.setattr("leukolens.adapt.teach.see", looked)
    cells = [
        ReviewedCell(path=Path("a.png"), content=f"{place:064x}", label=place % 2, patient="") for place in range(600)
    ]
    teach(cells, parent)
    assert given == [MOST]


def test_a_parent_that_cannot_be_taught_is_named(parent: NetworkFile) -> None:
    bare = NetworkFile(threads=1)
    bare.reference = None
    with pytest.raises(ModelError, match=r"where its training cells lie.*another MobileNet_M"):
        learn(known(parent), bare)

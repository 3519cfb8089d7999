"""`leukolens release`: one model of all subjects, calibrated on experiments that had not seen them, and its card."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recipemaker import settled
from scipy.special import expit, logit

from leukolens.base.errors import RunError
from leukolens.cells.quality import QualityLimits, measure, refusals
from leukolens.decide.calibrate import HUE_MARGIN
from leukolens.images.decode import read_rgb
from leukolens.measure.held_out_metrics import Judged
from leukolens.model.card import FORMAT
from leukolens.model.network_file import as_input
from leukolens.predict.classifier import Classifier
from leukolens.research.data.index import index
from leukolens.research.data.store import open_store
from leukolens.research.experiments.benchmark import shortened
from leukolens.research.experiments.experiment import make_experiments
from leukolens.research.experiments.release import (
    MODEL_CARD,
    calibrated,
    fit_on_held_out,
    out_of_fold,
    release,
)

SHORT = shortened(settled())


def results(benchmarked: Path) -> list[dict[str, object]]:
    found = [json.loads(path.read_text()) for path in sorted((benchmarked / "runs").glob("*/held_out.json"))]
    return [facts for facts in found if not facts["shared_subjects"]]


def test_every_subject_is_trained_on_and_answered_by_a_experiment_that_had_not_seen_it(
    shipped: Path, benchmarked: Path
) -> None:
    store = open_store(index(benchmarked / "cells").cells, SHORT.preprocess)
    experiments = make_experiments(store, {"settled": SHORT}, seeds=(0,), init="random", out=benchmarked)
    honest = [experiment for experiment in experiments if experiment.split.protocol == "subject"]
    judged = out_of_fold(honest, store)
    assert len(judged.p_all) == len(store.cells)
    first = honest[0]
    classifier = Classifier(first.folder / "model.onnx")
    rows = list(first.split.rows["test"])
    raw = classifier.probabilities(np.asarray(store.pixels[rows]))
    assert judged.p_all[: len(rows)] == pytest.approx(raw, abs=1e-4)
    card = Classifier(shipped / "model.onnx").card
    subjects = {cell.subject for cell in store.cells}
    assert card.protocol == "all"
    assert f"{len(store.cells)} cells of {len(subjects)} subjects" in card.calibration


def test_the_file_carries_what_was_fitted(shipped: Path) -> None:
    card = Classifier(shipped / "model.onnx").card
    assert card.format == FORMAT
    assert card.temperature > 0
    assert 0 < card.threshold < 1
    text = (shipped / MODEL_CARD).read_text()
    assert f"| temperature | {card.temperature:.3f} |" in text
    assert f"| {card.threshold:.3f} |" in text
    assert card.model_id in text


def test_the_known_hues_are_those_of_the_subjects_cells_that_would_be_judged(shipped: Path, benchmarked: Path) -> None:
    store = open_store(index(benchmarked / "cells").cells, SHORT.preprocess)
    of_subject: dict[str, list[float]] = {}
    for cell in store.cells:
        seen = measure(read_rgb(cell.path))
        if not refusals(seen, QualityLimits()):
            of_subject.setdefault(str(cell.subject), []).append(seen.hue)
    means = [sum(hues) / len(hues) for hues in of_subject.values()]
    rule = Classifier(shipped / "model.onnx").card.share_rule
    assert rule is not None
    assert rule.hues is not None
    low, high = rule.hues
    assert low <= min(means) - HUE_MARGIN < low + 0.1
    assert high - 0.1 < max(means) + HUE_MARGIN <= high


def test_the_file_refuses_what_is_unlike_its_cells(shipped: Path, benchmarked: Path) -> None:
    classifier = Classifier(shipped / "model.onnx")
    assert classifier.reference is not None
    store = open_store(index(benchmarked / "cells").cells, SHORT.preprocess)
    features = classifier.scores(as_input(store.pixels[:])).features
    assert features is not None
    assert (classifier.reference.distance(features) <= classifier.reference.limit).mean() > 0.9
    cell = read_rgb(store.cells[0].path)
    grey = np.repeat(cell.max(axis=2, keepdims=True), 3, axis=2)
    strange = np.where(cell.any(axis=2, keepdims=True), np.roll(cell, 1, axis=2), 0).astype(np.uint8)
    judged = list(classifier([cell, grey, strange, np.zeros_like(cell)]))
    assert [one.verdict == "refused" for one in judged] == [False, True, True, True]
    assert judged[1].reason.startswith("is grey (saturation")
    assert judged[3].reason.startswith("shows no cell (nothing lit is thicker than 24 px). Give an image of one whole")
    assert judged[1].p_all is None


def test_the_model_card_has_the_experiments_figures_to_the_digit(shipped: Path, benchmarked: Path) -> None:
    text = (shipped / MODEL_CARD).read_text()
    (line,) = (line for line in text.splitlines() if line.startswith("| auroc |"))
    values = [float(value) for value in re.findall(r"(\d\.\d{3})(?: \[| \|)", line)]
    experiments = [facts["metrics"]["auroc"]["value"] for facts in results(benchmarked)]
    assert values == [round(float(np.mean(experiments)), 3), *(round(value, 3) for value in experiments)]
    subjects = sum(len(facts["subjects"]) for facts in results(benchmarked))
    section = text.split("## Subjects")[1].split("## Patients")[0]
    assert section.count("\n| settled") == subjects
    assert text.split("## Patients")[1].split("## Other")[0].count("\n| settled") == len(results(benchmarked))
    assert "TRIPOD+AI" in text
    assert "CLAIM" in text


def test_temperature_threshold_and_rule_are_those_of_the_answers() -> None:
    random = np.random.default_rng(1)
    labels = np.repeat(np.tile([0, 1], 200), 30)
    subjects = tuple(np.repeat([f"{'H' if n % 2 == 0 else 'P'}{n}" for n in range(400)], 30))
    truth = np.where(labels == 1, 1.5, -1.5) + random.normal(0, 1, len(labels))
    overconfident = Judged(labels=labels, p_all=expit(6 * truth), subjects=subjects, areas=np.ones(len(labels)))
    fitted = fit_on_held_out(overconfident, np.full(len(labels), np.nan))
    assert fitted.calibration.temperature == pytest.approx(2, rel=0.15)  # 6 where 3 is right: 2 · 1.5 / 1²
    p_all = expit(logit(np.clip(overconfident.p_all, 1e-7, 1 - 1e-7)) / fitted.calibration.temperature)
    assert (p_all[labels == 1] >= fitted.calibration.threshold).mean() == pytest.approx(0.95, abs=2e-3)
    assert fitted.calibration.band is not None
    assert fitted.share_rule is not None
    assert fitted.share_rule.hues is None
    assert "400 subjects" in fitted.described


def test_a_recipe_without_experiments_is_refused(benchmarked: Path, tmp_path: Path) -> None:
    other = replace(SHORT, dropout=0.5)
    with pytest.raises(
        RunError, match=r"holds no experiment of recipe 'settled' .* test fold 0, test fold 1"
    ) as caught:
        release(benchmarked / "cells", benchmarked, tmp_path / "run", recipe="settled", settings=other, init="random")
    told = f"leukolens benchmark {benchmarked / 'cells'} --out {benchmarked} --recipes settled --seeds 0 --init random"
    assert told in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_experiments_dealt_otherwise_are_refused(benchmarked: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"for: subjects 1 of 2, subjects 2 of 2. .* --parts 2") as caught:
        release(benchmarked / "cells", benchmarked, tmp_path, recipe="settled", settings=SHORT, init="random", parts=2)
    assert caught.value.path == benchmarked


def test_a_card_of_an_older_training_gets_the_format_of_what_is_added(shipped: Path, benchmarked: Path) -> None:
    store = open_store(index(benchmarked / "cells").cells, SHORT.preprocess)
    experiments = make_experiments(store, {"settled": SHORT}, seeds=(0,), init="random", out=benchmarked)
    judged = out_of_fold([t for t in experiments if t.split.protocol == "subject"], store)
    fitted = fit_on_held_out(judged, np.full(len(judged.labels), 290.0))
    card = replace(Classifier(shipped / "model.onnx").card, format=FORMAT - 1)
    assert calibrated(card, fitted, weights=b"").format == FORMAT

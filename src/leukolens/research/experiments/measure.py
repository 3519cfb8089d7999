"""An experiment → held_out.json: trained, calibrated on inner validation subjects, tested once as exported.

`Calibration` is made from the validation cells alone: `calibrate` takes no others, and the test's probabilities do not
exist yet when it runs. A recipe that chooses nothing by its validation subjects can do better than hold some back: all
training subjects calibrate, each by a network trained without it (`held_out.inner_parts`), and then all train.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from leukolens.base import atomic, provenance
from leukolens.decide.calibrate import (
    CalibrationError,
    fit_temperature,
    once_each,
    threshold_for_sensitivity,
    widened_band,
)
from leukolens.decide.cell import CellRule, to_probability
from leukolens.measure.held_out_metrics import Judged, metrics, reliability
from leukolens.measure.subject_bootstrap import intervals, per_subject
from leukolens.predict.classifier import Classifier
from leukolens.research.data.cell import labels_of
from leukolens.research.data.held_out import inner_parts
from leukolens.research.data.split import Part, Split, write_split
from leukolens.research.data.store import CellStore
from leukolens.research.evaluate.answers import answers
from leukolens.research.evaluate.calibration import conformal_band, three_answers
from leukolens.research.evaluate.conditions import CONDITIONS
from leukolens.research.evaluate.evaluate import write_predictions
from leukolens.research.experiments.experiment import RESULT, Basis, Experiment
from leukolens.research.experiments.patients import hues_of, judge_patients
from leukolens.research.train.run import RunPlan, train

log = logging.getLogger(__name__)

CALIBRATING = "calibrating"
"""Folder, inside an experiment's, of the trainings on all inner parts but one, whose answers to that one calibrate."""
SENSITIVITY = 0.95
"""Stated sensitivity of the operating point."""
AS_MANY = 1000
"""Test cells, drawn at random, that are shown under other conditions."""
ERROR = 0.03
"""Stated rate of wrong answers outside the band: of a new subject's cells, and of the answers to the calibrating."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What is fitted on inner validation and on nothing else."""

    temperature: float
    threshold: float
    """p(ALL) after the temperature, from which the verdict is ALL."""
    band: tuple[float, float] | None
    """p(ALL) in which the answer is 'uncertain'; None where too few subjects can hold ERROR."""
    why_no_band: str


@dataclass(frozen=True, kw_only=True)
class HeldOutFile:
    """held_out.json: what an experiment measured on subjects that its training had not seen."""

    recipe: str
    protocol: str
    """'test fold 1', 'subjects 2 of 5', or either with ', by image'."""
    seed: int
    model_id: str
    calibration: Calibration
    shared_subjects: int
    """Of the test, that training has seen: 0 for all but a twin by image."""
    left_out: int
    """Cells in no part, linked to a tested subject by an identical image."""
    metrics: Mapping[str, Mapping[str, float]]
    """Name → value, low and high: the 95 % interval over subjects."""
    subjects: list[Mapping[str, Any]]
    """`subject_bootstrap.SubjectRow` of each, the worst judged first."""
    reliability: Mapping[str, list[float]]
    three_answers: Mapping[str, float] | None
    conditions: Mapping[str, Mapping[str, float]]
    machine: str
    commit: str
    versions: Mapping[str, str]
    patients: Mapping[str, Any] = field(default_factory=dict)
    """The share rule, or why there is none, and each tested patient's answer; version 0.1 wrote none."""


def measure_experiment(experiment: Experiment, basis: Basis) -> None:
    """Train if need be, calibrate, test, and write predictions.csv and held_out.json. Done once."""
    if experiment.done:
        return
    store = basis.store
    if experiment.chooses_nothing:
        inner_rows, inner = _each_by_another(experiment, basis)
        classifier = trained(experiment, with_validation(experiment.split), experiment.folder, basis)
    else:
        classifier = trained(experiment, experiment.split, experiment.folder, basis)
        inner_rows = experiment.split.rows["val"]
        inner = _answered(classifier, store, inner_rows)
    calibration = calibrate(inner)
    test = experiment.split.rows["test"]
    by_subject = experiment.split.protocol == "subject"
    raw = raw_answers(classifier, store, test)
    judged = judged_cells(store, test, tempered(raw, calibration.temperature))
    cells = [store.cells[row] for row in test]
    card = classifier.card
    write_predictions(
        experiment.folder / "predictions.csv",
        cells,
        {0.0: judged.p_all},
        threshold=calibration.threshold,
        model_id=card.model_id,
    )
    facts = HeldOutFile(
        recipe=experiment.recipe,
        protocol=experiment.protocol,
        seed=experiment.split.seed,
        model_id=card.model_id,
        calibration=calibration,
        shared_subjects=len(experiment.split.shared_subjects(store.cells)),
        left_out=len(experiment.split.left_out(store.cells)),
        **result(judged, calibration, seed=experiment.split.seed),
        patients=judge_patients(
            replace(inner, p_all=tempered(inner.p_all, calibration.temperature)),
            judged,
            CellRule(threshold=calibration.threshold, band=calibration.band),
            inner_hues=hues_of(store, inner_rows),
            tested_hues=hues_of(store, test),
        ),
        conditions=_conditions(classifier, store, test, calibration) if by_subject else {},
        machine=provenance.machine(),
        commit=provenance.commit(),
        versions=provenance.versions(),
    )
    atomic.write_json(experiment.folder / RESULT, asdict(facts))


def _each_by_another(experiment: Experiment, basis: Basis) -> tuple[tuple[int, ...], Judged]:
    """The rows that are not tested, and the raw p(ALL) of networks that had not seen their subjects."""
    store = basis.store
    parts = inner_parts(experiment.split, store.cells, store.digests, seed=experiment.split.seed)
    found = []
    for number, split in enumerate(parts, start=1):
        log.info(f"inner part {number} of {len(parts)}")
        folder = experiment.folder / CALIBRATING / str(number)
        found.append(_answered(trained(experiment, split, folder, basis), store, split.rows["val"]))
    rows = tuple(row for split in parts for row in split.rows["val"])
    return rows, judged_cells(store, rows, np.concatenate([one.p_all for one in found]))


def trained(experiment: Experiment, split: Split, folder: Path, basis: Basis) -> Classifier:
    """The experiment's recipe on the split's training part; what stands in the folder is not trained again."""
    if not (folder / "split.csv").exists():
        write_split(folder / "split.csv", split, basis.store.cells, basis.store.digests)
    plan = RunPlan(
        data=basis.data,
        patient_from=basis.patient_from,
        out=folder,
        protocol=split.protocol,
        init=basis.init,
        settings=experiment.settings,
        resume=True,
    )
    return Classifier(train(plan))


def with_validation(split: Split) -> Split:
    """The same test, and all other subjects to train on."""
    rows: dict[Part, tuple[int, ...]] = {
        "train": split.rows["train"] + split.rows["val"],
        "val": (),
        "test": split.rows["test"],
    }
    return replace(split, rows=rows)


def calibrate(inner: Judged) -> Calibration:
    """inner: cells that are not tested with the raw p(ALL) of the exported model.

    Every subject weighs alike, for patient 51 is not a third of all patients.
    """
    raw = logit(np.clip(inner.p_all, 1e-7, 1 - 1e-7))
    temperature = fit_temperature(raw, inner.labels, inner.subjects)
    p_all = expit(raw / temperature)
    threshold = threshold_for_sensitivity(
        p_all, inner.labels, sensitivity=SENSITIVITY, weights=once_each(inner.subjects)
    )
    threshold = min(max(threshold, 0.01), 0.99)
    try:
        band = conformal_band(p_all, inner.labels, inner.subjects, threshold=threshold, error=ERROR)
    except CalibrationError as error:
        return Calibration(temperature=temperature, threshold=threshold, band=None, why_no_band=str(error))
    band = widened_band(p_all, inner.labels, threshold=threshold, error=ERROR, band=band)
    return Calibration(temperature=temperature, threshold=threshold, band=band, why_no_band="")


def tempered(p_all: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """p(ALL) after a temperature on its log-odds."""
    return np.asarray(expit(logit(np.clip(p_all, 1e-7, 1 - 1e-7)) / temperature))


def result(judged: Judged, calibration: Calibration, *, seed: int) -> dict[str, Any]:
    """Metrics with intervals, subjects, reliability and the three answers of a test, as JSON."""
    bins = reliability(judged)
    band = calibration.band
    return {
        "metrics": {
            name: asdict(value) for name, value in intervals(judged, threshold=calibration.threshold, seed=seed).items()
        },
        "subjects": [asdict(row) for row in per_subject(judged, threshold=calibration.threshold)],
        "reliability": {name: values.tolist() for name, values in asdict(bins).items()},
        "three_answers": None
        if band is None
        else asdict(three_answers(judged, threshold=calibration.threshold, band=band)),
    }


def _conditions(
    classifier: Classifier, store: CellStore, rows: tuple[int, ...], calibration: Calibration
) -> dict[str, Mapping[str, float]]:
    """Sensitivity, specificity and AUROC of the same test cells, at most AS_MANY, under each of `CONDITIONS`."""
    rows = tuple(sorted(np.random.default_rng(0).permutation(rows)[:AS_MANY].tolist()))
    found: dict[str, Mapping[str, float]] = {}
    ones = np.ones((1, len(rows)))
    for name, change in CONDITIONS.items():
        scores = answers(classifier, store.pixels, rows, change=change, said=f"testing {name}")
        judged = judged_cells(store, rows, tempered(to_probability(scores.logit), calibration.temperature))
        values = metrics(judged, ones, threshold=calibration.threshold)
        found[name] = {key: float(values[key][0]) for key in ("sensitivity", "specificity", "auroc")}
    return found


def _answered(classifier: Classifier, store: CellStore, rows: tuple[int, ...]) -> Judged:
    return judged_cells(store, rows, raw_answers(classifier, store, rows))


def raw_answers(classifier: Classifier, store: CellStore, rows: tuple[int, ...]) -> NDArray[np.float64]:
    return to_probability(answers(classifier, store.pixels, rows).logit)


def judged_cells(store: CellStore, rows: tuple[int, ...], p_all: NDArray[np.float64]) -> Judged:
    """Rows of the store with what a model said of them."""
    cells = [store.cells[row] for row in rows]
    return Judged(
        labels=labels_of(cells),
        p_all=p_all,
        subjects=tuple(str(cell.subject) for cell in cells),
        areas=store.areas[list(rows)].astype(np.float64),
    )

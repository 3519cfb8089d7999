"""benchmark → the model that ships: trained on every subject by one recipe, calibrated on subjects never seen.

Nobody is left to test it on. What is known of it are the recipe's experiments, each tested on subjects held out of its
training: their answers give temperature, threshold, band and share rule, and their metrics stand in MODEL_CARD.md.
"""

import csv
import hashlib
import json
import logging
import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from leukolens.base import atomic
from leukolens.base.errors import RunError
from leukolens.cells.quality import QualityLimits
from leukolens.decide.share import ShareRule
from leukolens.images.cnmc_names import parse_name
from leukolens.measure.held_out_metrics import Judged
from leukolens.model.card import FORMAT, ModelCard
from leukolens.model.distance import FeatureReference, at_level, fit_reference
from leukolens.predict.classifier import Classifier
from leukolens.research.data.index import index
from leukolens.research.data.store import CellStore, open_store
from leukolens.research.evaluate.answers import answers
from leukolens.research.experiments.experiment import RESULT, Experiment, make_experiments
from leukolens.research.experiments.measure import Calibration, calibrate, judged_cells, tempered
from leukolens.research.experiments.model_card import described, model_card
from leukolens.research.experiments.patients import hues_of, rule_of
from leukolens.research.networks.onnx_file import write_card
from leukolens.research.settings import TrainSettings
from leukolens.research.train.run import RunPlan, train

log = logging.getLogger(__name__)

MODEL_CARD = "MODEL_CARD.md"
MANY_REFUSED = 0.1
"""Share of the reader's own cells outside the limits of the image from which a warning is due."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What the answers to held-out subjects give."""

    calibration: Calibration
    share_rule: ShareRule | None
    why_no_rule: str
    described: str
    """On whom it was fitted, in a sentence."""


def release(
    data: Path,
    benchmark: Path,
    out: Path,
    *,
    patient_from: str | None = None,
    recipe: str,
    settings: TrainSettings,
    init: str = "imagenet",
    parts: int = 0,
    asked: str | None = None,
) -> Path:
    """Train, calibrate and describe; returns the path of model.onnx, with MODEL_CARD.md beside it.

    benchmark: the folder of `leukolens benchmark` where this recipe has been measured on this data, with the same
    parts. patient_from: as the benchmark was given. asked: the options that chose the recipe, for the hint. Raises
    RunError when it has not been measured. A training that was cut goes on.
    """
    store = open_store(index(data, patient_from=patient_from).cells, settings.preprocess)
    experiments = [
        experiment
        for experiment in make_experiments(
            store, {recipe: settings}, seeds=(settings.seed,), init=init, out=benchmark, parts=parts
        )
        if experiment.split.protocol == "subject"
    ]
    hint = f"leukolens benchmark {data} --out {benchmark} {asked or f'--recipes {recipe}'} --seeds {settings.seed} "
    hint += f"--init {init}" + f" --parts {parts}" * bool(parts)
    hint += "" if patient_from is None else f" --patient-from {shlex.quote(patient_from)}"
    _refuse_unmeasured(experiments, benchmark, recipe, hint=hint)
    farther = float(np.mean([farther_of(experiment, store)[2] for experiment in experiments]))
    tested = tuple(row for experiment in experiments for row in experiment.split.rows["test"])
    hues = hues_of(store, tested)
    _warn_of_refused(hues)
    fitted = fit_on_held_out(out_of_fold(experiments, store), hues)
    plan = RunPlan(
        data=data, patient_from=patient_from, out=out, protocol="all", init=init, settings=settings, resume=True
    )
    path = train(plan)
    weights = hashlib.sha256((out / "model.safetensors").read_bytes()).digest()
    shipped = Classifier(path)
    reference = reference_of(shipped, store, farther=farther)
    card = calibrated(shipped.card, fitted, weights=weights)
    write_card(path, card, reference)
    results = [json.loads((experiment.folder / RESULT).read_text()) for experiment in experiments]
    own = "" if _is_cnmc(store) else described(store.cells)
    why = fitted.calibration.why_no_band, fitted.why_no_rule
    atomic.write_text(out / MODEL_CARD, model_card(card, results, *why, own_data=own))
    log.info(f"model: {path}, described in {out / MODEL_CARD}")
    return path


def _is_cnmc(store: CellStore) -> bool:
    """Whether the cells stand in C-NMC's folds under its names."""
    return all(
        cell.fold != "-" and parse_name(cell.path.stem) is not None for cell in store.cells if cell.fold != "prelim"
    )


def _warn_of_refused(hues: NDArray[np.float64]) -> None:
    """The limits of the image are those of C-NMC's cells: say so where many of the reader's own lie outside."""
    refused = float(np.isnan(hues).mean())
    if refused > MANY_REFUSED:
        log.warning(
            f"{refused:.0%} of these cells lie outside the limits of the image, which are those of C-NMC: the model "
            "will refuse such cells. `leukolens predict` names the reason of each"
        )


def _refuse_unmeasured(experiments: Sequence[Experiment], benchmark: Path, recipe: str, *, hint: str) -> None:
    missing = [experiment.protocol for experiment in experiments if not experiment.done]
    if missing:
        raise RunError(
            f"holds no experiment of recipe {recipe!r} with these settings, data and initial weights for: "
            f"{', '.join(missing)}",
            path=benchmark,
            hint=hint,
        )


def out_of_fold(experiments: Sequence[Experiment], store: CellStore) -> Judged:
    """Every tested cell, with the p(ALL) of the experiment that had not seen its subject, its temperature undone."""
    rows = [row for experiment in experiments for row in experiment.split.rows["test"]]
    return judged_cells(store, tuple(rows), np.concatenate([_raw(experiment.folder) for experiment in experiments]))


def _raw(folder: Path) -> NDArray[np.float64]:
    """(N,) in the order of the split's test rows."""
    temperature = json.loads((folder / RESULT).read_text())["calibration"]["temperature"]
    with (folder / "predictions.csv").open(newline="", encoding="utf-8") as file:
        p_all = np.array([float(row["p_all_sigma_0"]) for row in csv.DictReader(file)])
    return np.asarray(expit(temperature * logit(np.clip(p_all, 1e-6, 1 - 1e-6))))  # written with six digits


def reference_of(shipped: Classifier, store: CellStore, *, farther: float) -> FeatureReference:
    """Where the shipped model's training cells lie, and how far from them a cell may be.

    No cell is left that it has not seen, and training cells lie closer. So the limit is the training cells' quantile
    times how much farther the experiments' held-out cells lie than the experiments' own training cells.
    """
    training = _features(shipped, store, [row for row, cell in enumerate(store.cells) if cell.fold != "prelim"])
    found = fit_reference(training, training)
    return replace(found, limit=found.limit * farther)


def farther_of(experiment: Experiment, store: CellStore) -> tuple[FeatureReference, NDArray[np.float32], float]:
    """Where the experiment's training cells lie, the features (N, F) of its held-out cells, and how many times farther
    these cells' limit is than the training cells' own."""
    classifier = Classifier(experiment.folder / "model.onnx")
    training, unseen = (_features(classifier, store, experiment.split.rows[part]) for part in ("train", "test"))
    reference = fit_reference(training, training)
    return reference, unseen, at_level(reference, unseen).limit / reference.limit


def _features(classifier: Classifier, store: CellStore, rows: Sequence[int]) -> NDArray[np.float32]:
    features = answers(classifier, store.pixels, rows, said="features").features
    assert features is not None  # every CellNetwork exports them
    return features


def outwards(hues: tuple[float, float]) -> tuple[float, float]:
    """To a tenth of a degree."""
    return math.floor(10 * hues[0]) / 10, math.ceil(10 * hues[1]) / 10


def fit_on_held_out(judged: Judged, hues: NDArray[np.float64]) -> Fitted:
    """judged: cells with the raw p(ALL) of models that had not seen their subjects; hues: (N,) theirs, degrees, NaN
    for a cell that would be refused."""
    calibration = calibrate(judged)
    p_all = tempered(judged.p_all, calibration.temperature)
    subjects = len(set(judged.subjects))
    described = (
        f"answers to {len(p_all)} cells of {subjects} subjects, each by an experiment that had not seen the subject"
    )
    rule, why_no_rule = rule_of(replace(judged, p_all=p_all), hues)
    if rule is not None and rule.hues is not None:
        rule = replace(rule, hues=outwards(rule.hues))
    return Fitted(calibration=calibration, share_rule=rule, why_no_rule=why_no_rule, described=described)


def calibrated(card: ModelCard, fitted: Fitted, *, weights: bytes) -> ModelCard:
    """The card with what was fitted, under an id of its own: the same weights calibrated otherwise answer otherwise."""
    found = fitted.calibration
    identity = f"{weights.hex()} {found} {fitted.share_rule}"
    return replace(
        card,
        format=FORMAT,
        model_id=hashlib.sha256(identity.encode()).hexdigest()[:12],
        temperature=found.temperature,
        threshold=found.threshold,
        band=found.band,
        share_rule=fitted.share_rule,
        quality=QualityLimits(),
        calibration=fitted.described,
    )

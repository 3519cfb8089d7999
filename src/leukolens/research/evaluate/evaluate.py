"""A finished run → metrics.json, predictions.csv, pictures and report, measured through the Classifier users get."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukolens.base import atomic, provenance, schema
from leukolens.base.errors import RunError
from leukolens.decide.cell import to_probability
from leukolens.predict.classifier import Classifier
from leukolens.research.data.cell import Cell, labels_of
from leukolens.research.data.index import index
from leukolens.research.data.places import recall
from leukolens.research.data.run_facts import FACTS, RunFacts, read_run_facts
from leukolens.research.data.split import Part, Protocol, read_split
from leukolens.research.data.store import CellStore, open_store
from leukolens.research.evaluate.answers import Rgb, answers
from leukolens.research.evaluate.metrics import Metrics, measure
from leukolens.research.evaluate.noise import with_noise

PAPER_SIGMAS = (0.0, 2.0, 5.0, 8.0, 10.0)
"""Rows of Tables 6–8."""


@dataclass(frozen=True, kw_only=True)
class TestedNoise:
    """One row of the noise table."""

    sigma: float
    """Standard deviation on the 0–255 scale."""
    p_all: NDArray[np.float64]
    """(N,) probability of ALL."""
    metrics: Metrics


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What one model did on one part of its data."""

    classifier: Classifier
    part: Part
    seed: int
    cells: tuple[Cell, ...]
    labels: NDArray[np.int64]
    """(N,) 0 HEM, 1 ALL."""
    rows: tuple[TestedNoise, ...]
    """One for each σ, in the order asked for."""
    fold: str | None
    shared_subjects: int
    """How many subjects stand in more than one part."""


def evaluate(
    run: Path,
    *,
    sigmas: Sequence[float] = PAPER_SIGMAS,
    seed: int = 0,
    data: Path | None = None,
    patient_from: str | None = None,
    part: Part = "test",
) -> Evaluation:
    """Measure `run`'s exported model on a part of its own split, once for each σ.

    data, patient_from: where the cells stand now and whose they are; default as at training. Raises RunError when the
    folder is no run, holds other cells than it was trained on, or none in that part.
    """
    facts = read_facts(run)
    classifier = Classifier(run / "model.onnx")
    store = facts_store(run, facts, classifier, data=data, patient_from=patient_from)
    split = read_split(run / "split.csv", store.cells, store.digests, protocol=facts.protocol, seed=facts.seed)
    chosen = split.rows[part]
    if not chosen:
        raise RunError(f"has no {part} cells", path=run, hint="`leukolens benchmark` measures others like it")
    cells = tuple(store.cells[row] for row in chosen)
    labels = labels_of(cells)
    tested = []
    for sigma in sigmas:
        p_all = probabilities(classifier, store, chosen, sigma=sigma, seed=seed)
        metrics = measure(labels, p_all, threshold=classifier.card.threshold)
        tested.append(TestedNoise(sigma=sigma, p_all=p_all, metrics=metrics))
    return Evaluation(
        classifier=classifier,
        part=part,
        seed=seed,
        cells=cells,
        labels=labels,
        rows=tuple(tested),
        fold=facts.fold,
        shared_subjects=len(split.shared_subjects(store.cells)),
    )


def read_facts(run: Path) -> RunFacts:
    """run.json of a finished run. Raises RunError."""
    if not (run / "run.json").is_file():
        raise RunError("holds no run", path=run, hint="Give the --out folder of `leukolens train`")
    if not (run / "model.onnx").is_file():
        raise RunError("is not finished", path=run, hint="Continue with `leukolens train … --resume`")
    return read_run_facts(run / FACTS)


def facts_store(
    run: Path, facts: RunFacts, classifier: Classifier, *, data: Path | None, patient_from: str | None
) -> CellStore:
    """`run_store` of a folder with its record. Raises RunError also where the patients are others."""
    store = run_store(
        run,
        fold=facts.fold,
        data_hash=facts.data_hash,
        classifier=classifier,
        data=data,
        patient_from=patient_from,
    )
    if facts.patients_hash not in (None, store.patients_hash()):
        hint = "Give the --patient-from that it was trained with"
        raise RunError("was trained with different patients for these cells", path=run, hint=hint)
    return store


def run_store(
    run: Path,
    *,
    fold: str | None,
    data_hash: str,
    classifier: Classifier,
    data: Path | None,
    patient_from: str | None = None,
) -> CellStore:
    """The run's cells, checked by content to be those it was trained on. data, patient_from: where they stand and
    whose they are; None: as this machine saw them last. Raises RunError."""
    seen = recall(data_hash)
    if data is None and seen is None:
        raise RunError("was trained on cells that this machine has not seen", path=run, hint="Give them with --data")
    if seen is not None:
        data, patient_from = data or Path(seen.folder), patient_from or seen.patient_from
    assert data is not None
    found = index(data, patient_from=patient_from)
    cells = found.cells if fold is None else found.fold(fold)
    store = open_store(cells, classifier.card.preprocess)
    if store.data_hash() != data_hash:
        raise RunError(f"was trained on other cells than {found.root} holds", path=run, hint="Give them with --data")
    return store


def probabilities(
    classifier: Classifier, store: CellStore, rows: Sequence[int], *, sigma: float, seed: int
) -> NDArray[np.float64]:
    """(N,) probability of ALL for stored cells with test noise."""

    def change(rgb: Rgb, here: Sequence[int]) -> Rgb:
        return with_noise(rgb, here, sigma=sigma, seed=seed)

    return to_probability(answers(classifier, store.pixels, rows, change=change, said=f"testing σ {sigma:g}").logit)


@dataclass(frozen=True, kw_only=True)
class MetricsFile:
    """metrics.json: what `leukolens evaluate` measured."""

    model_id: str
    part: Part
    cells: schema.Count
    noise_seed: schema.Count
    protocol: Protocol
    fold: str | None
    shared_subjects: schema.Count
    """That stand in more than one part."""
    noise: tuple[Mapping[str, Any], ...]
    """One row for each σ: 'sigma' and the metrics."""
    machine: str
    commit: str
    versions: Mapping[str, str]


def write(evaluation: Evaluation, out: Path) -> None:
    """predictions.csv, then metrics.json."""
    card = evaluation.classifier.card
    by_sigma = {row.sigma: row.p_all for row in evaluation.rows}
    write_predictions(
        out / "predictions.csv", evaluation.cells, by_sigma, threshold=card.threshold, model_id=card.model_id
    )
    facts = MetricsFile(
        model_id=card.model_id,
        part=evaluation.part,
        cells=len(evaluation.cells),
        noise_seed=evaluation.seed,
        protocol=card.protocol,
        fold=evaluation.fold,
        shared_subjects=evaluation.shared_subjects,
        noise=tuple({"sigma": row.sigma, **asdict(row.metrics)} for row in evaluation.rows),
        machine=provenance.machine(),
        commit=provenance.commit(),
        versions=provenance.versions(),
    )
    atomic.write_json(out / "metrics.json", asdict(facts))


def write_predictions(
    path: Path,
    cells: Sequence[Cell],
    by_sigma: Mapping[float, NDArray[np.float64]],
    *,
    threshold: float,
    model_id: str,
) -> None:
    """One row a cell, the same columns for every system. by_sigma: σ → (N,) p(ALL); the first one judges."""
    first = next(iter(by_sigma.values()))
    rows = []
    for place, cell in enumerate(cells):
        known = {"path": cell.name, "label": cell.label.upper(), "subject": cell.subject or "", "fold": cell.fold}
        verdict = "ALL" if first[place] >= threshold else "HEM"
        values = {f"p_all_sigma_{sigma:g}": f"{p_all[place]:.6f}" for sigma, p_all in by_sigma.items()}
        rows.append(known | {"verdict": verdict, "model_id": model_id} | values)
    atomic.write_csv(path, list(rows[0]), rows)

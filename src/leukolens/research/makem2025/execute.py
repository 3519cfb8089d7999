"""Plan → finished runs. Each writes predictions.csv, then metrics.json; a folder with metrics.json is done for good."""

import csv
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from leukolens.base import atomic, provenance
from leukolens.base.errors import Diverged, LeukoLensError, MissingExtra, WeightsError
from leukolens.images.decode import read_rgb
from leukolens.predict.classifier import Classifier
from leukolens.research.data.cell import labels_of
from leukolens.research.data.run_facts import FACTS, read_run_facts
from leukolens.research.data.split import Split, make_split
from leukolens.research.data.store import CellStore
from leukolens.research.evaluate import evaluate as evaluation
from leukolens.research.evaluate.metrics import measure
from leukolens.research.experiments.jobs import run_jobs
from leukolens.research.makem2025.cost import COST, write_cost
from leukolens.research.makem2025.plan import Job, Options
from leukolens.research.makem2025.unseen import UNSEEN, with_answers, write_unseen
from leukolens.research.older.ensembles import (
    gompertz_fusion,
    majority_vote,
    validation_weights,
    weighted_average,
)
from leukolens.research.older.fit import find_family, fit_pipeline
from leukolens.research.older.frozen import frozen_table
from leukolens.research.older.table import feature_table
from leukolens.research.train.run import RunPlan, train

log = logging.getLogger(__name__)

SIGMAS = (0.0, 2.0, 5.0, 6.0, 8.0, 10.0)
"""Those of the tables and the one that only the methods name."""


SHORT_SIGMAS = (0.0, 10.0)
"""Of the networks on the short schedule: clean, and the strongest noise."""


class NotRun(LeukoLensError):
    """A system that cannot be run here; the report gives the reason."""


def execute(jobs: Sequence[Job], data: Path, stores: Mapping[str, CellStore], options: Options, *, seed: int) -> None:
    """Run what is not done, networks first. What cannot be run leaves its reason and does not stop the rest."""

    def work(job: Job) -> None:
        if job.state == "done" and not (job.system.kind == "ensemble" and _fused_of(job) != _ready(job, jobs)):
            if job.system.kind == "network":
                _complete(job, data, stores[job.fold], seed)
            return
        log.info(f"{job.system.name} on fold {job.fold}: about {job.minutes:.0f} min")
        store = stores[job.fold]
        split = make_split(store.cells, store.digests, protocol="paper", seed=seed)
        if job.system.kind == "network":
            _network(job, data, options)
            _complete(job, data, store, seed)
        elif job.system.kind == "classical":
            _classical(job, store, split, options, seed)
        elif job.system.kind == "ensemble":
            _ensemble(job, jobs, store, split)
        else:
            _finder(job, jobs, store, split)

    order = {"network": 0, "classical": 1, "ensemble": 2, "finder": 3}
    inorder = sorted(jobs, key=lambda job: (order[job.system.kind], job.minutes))
    excused = (NotRun, WeightsError, MissingExtra, Diverged)
    run_jobs([job for job in inorder if job.system.kind != "ensemble"], work, excused=excused, engine=options.engine)
    run_jobs([job for job in inorder if job.system.kind == "ensemble"], work, excused=excused)


def _network(job: Job, data: Path, options: Options) -> None:
    settings = job.system.settings
    assert settings is not None
    if job.minutes > options.limit and not torch.cuda.is_available():
        raise NotRun(f"about {job.minutes:.0f} min on two cores; raise --limit, or run where a GPU is")
    init = "random" if _began_randomly(job) else _start(settings.network, options)
    plan = RunPlan(data=data, out=job.folder, fold=job.fold, init=init, settings=settings, resume=True)
    try:
        train(plan)
    except WeightsError as error:
        if init != "imagenet" or settings.network == "mobilenet_m":
            raise
        log.info(f"{job.system.name} starts from random weights: {error}")
        train(replace(plan, init="random"))
    sigmas = SIGMAS if settings.schedule == "plateau" else SHORT_SIGMAS
    result = evaluation.evaluate(job.folder, sigmas=sigmas, data=data)
    _keep_validation(job, evaluation.evaluate(job.folder, sigmas=(0.0,), data=data, part="val").rows[0].p_all)
    evaluation.write(result, job.folder)


def _complete(job: Job, data: Path, store: CellStore, seed: int) -> None:
    """What is measured on a finished network beside its own test; a run of an earlier version may lack it."""
    assert job.system.settings is not None
    if not (job.folder / COST).exists():
        write_cost(job.system.settings, job.folder)
    if (job.folder / "model.onnx").exists() and not (job.folder / UNSEEN).exists():
        write_unseen(job.folder, data, store, fold=job.fold, seed=seed)


def _began_randomly(job: Job) -> bool:
    """Whether the run was begun where no weights were to be had: so it goes on."""
    facts = job.folder / FACTS
    return facts.exists() and read_run_facts(facts).init == "random"


def _start(network: str, options: Options) -> str:
    """Where a network's weights come from: a file holds MobileNet's, and nobody has ALNett's."""
    if options.init == "random" or network == "alnett":
        return "random"
    if network == "mobilenet_m":
        return options.init
    file = None if options.weights is None else options.weights / f"{network}.npz"
    return str(file) if file is not None and file.is_file() else "imagenet"


def _classical(job: Job, store: CellStore, split: Split, options: Options, seed: int) -> None:
    family = find_family(job.system.name)
    if family.frozen:
        inits = {network: _start(network, options) for network in family.frozen}
        table = frozen_table(store, inits)
    else:
        table = feature_table(store.cells)
    fitted = fit_pipeline(job.system.name, table, labels_of(store.cells), split, seed=seed)
    _keep_validation(job, fitted.p_val)
    _write(job, store, split, fitted.p_test)


def _ensemble(job: Job, jobs: Sequence[Job], store: CellStore, split: Split) -> None:
    """Fuse members that are done; weights come from validation accuracy."""
    ready = _ready(job, jobs)
    if len(ready) < 2:
        raise NotRun(f"needs two of {', '.join(job.system.members)}")
    folders = [_folder(name, job, jobs) for name in ready]
    p_val = np.stack([np.array(json.loads((folder / "validation.json").read_text())) for folder in folders])
    labels = labels_of(store.cells)[list(split.rows["val"])]

    def fused(file: str) -> NDArray[np.float64]:
        p_all = np.stack([_column(folder / file) for folder in folders])
        match job.system.fusion:
            case "weighted":
                return weighted_average(p_all, validation_weights(labels, p_val))
            case "vote":
                return majority_vote(p_all)
            case _:
                return gompertz_fusion(p_all)

    if all((folder / UNSEEN).exists() for folder in folders):
        rows = with_answers(folders[0] / UNSEEN, fused(UNSEEN), model_id=job.system.name)
        atomic.write_csv(job.folder / UNSEEN, list(rows[0]), rows)
    _write(job, store, split, fused("predictions.csv"), fused_of=ready)


def _finder(job: Job, jobs: Sequence[Job], store: CellStore, split: Split) -> None:
    """Find the test's cells on fields made of them, and judge what was found; a cell that was not is judged wrongly."""
    from leukolens.research.makem2025.made_fields import detect

    (member,) = job.system.members
    folder = _folder(member, job, jobs)
    if not (folder / "model.onnx").is_file():
        raise NotRun(f"needs the model of {member}")
    cells = [store.cells[row] for row in split.rows["test"]]
    detected = detect([read_rgb(cell.path) for cell in cells], Classifier(folder / "model.onnx"))
    missed = np.isnan(detected.p_all)
    p_test = np.where(missed, 1.0 - labels_of(cells), detected.p_all)
    log.info(f"found {(~missed).sum()} of {len(cells)} cells and {detected.extra} that are none")
    _write(job, store, split, p_test, fused_of=[member], missed=int(missed.sum()), extra=detected.extra)


def _folder(name: str, job: Job, jobs: Sequence[Job]) -> Path:
    """Where the run of another system on the job's fold is kept."""
    return next(other.folder for other in jobs if (other.system.name, other.fold) == (name, job.fold))


def _ready(job: Job, jobs: Sequence[Job]) -> list[str]:
    """Members of an ensemble that are done on its fold."""
    done = {other.system.name for other in jobs if other.fold == job.fold and (other.folder / "metrics.json").exists()}
    return [name for name in job.system.members if name in done]


def _fused_of(job: Job) -> list[str]:
    """Members that a finished ensemble was made of: when more are done it is made anew."""
    members: list[str] = json.loads((job.folder / "metrics.json").read_text())["fused_of"]
    return members


def _keep_validation(job: Job, p_val: NDArray[np.float64]) -> None:
    atomic.write_json(job.folder / "validation.json", [round(float(p), 6) for p in p_val])


def _column(path: Path) -> NDArray[np.float64]:
    with path.open(newline="", encoding="utf-8") as file:
        return np.array([float(row["p_all_sigma_0"]) for row in csv.DictReader(file)])


def _write(
    job: Job,
    store: CellStore,
    split: Split,
    p_test: NDArray[np.float64],
    *,
    fused_of: Sequence[str] = (),
    **counts: int,
) -> None:
    rows = split.rows["test"]
    cells = [store.cells[row] for row in rows]
    name = job.system.name
    evaluation.write_predictions(job.folder / "predictions.csv", cells, {0.0: p_test}, threshold=0.5, model_id=name)
    metrics = measure(labels_of(store.cells)[list(rows)], p_test, threshold=0.5)
    facts = {"model_id": name, "fused_of": list(fused_of), "commit": provenance.commit(), **counts}
    atomic.write_json(job.folder / "metrics.json", facts | {"noise": [{"sigma": 0.0, **asdict(metrics)}]})

"""folder → experiments → measured → report: the whole of `leukolens benchmark`."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from leukolens.base import atomic
from leukolens.model.preprocess import Preprocess
from leukolens.research.data.index import index
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms
from leukolens.research.data.split import too_few_for_intervals
from leukolens.research.data.store import CellStore, open_store
from leukolens.research.experiments.benchmark_report import write_report
from leukolens.research.experiments.experiment import Basis, Experiment, make_experiments
from leukolens.research.experiments.jobs import run_jobs
from leukolens.research.experiments.measure import measure_experiment
from leukolens.research.experiments.shortcuts import measure_shortcuts
from leukolens.research.settings import TrainSettings

log = logging.getLogger(__name__)

QUICK_CELLS = PhantomSettings(folds=2, subjects=4, cells=8)


def benchmark(
    data: Path,
    out: Path,
    *,
    patient_from: str | None = None,
    recipes: Mapping[str, TrainSettings],
    seeds: Sequence[int] = (0,),
    init: str = "imagenet",
    parts: int = 0,
    twins: bool = True,
    at_most: int | None = None,
    dry_run: bool = False,
    note: str | None = None,
    engine: str | None = None,
) -> Path | None:
    """Run what is not done yet, then write the report; return its path (None for a dry run).

    patient_from: whose cells they are: 'parent', a .csv or a pattern, as `leukolens data` takes it. parts: as many
    tests from all subjects, instead of the folds. twins: each test once more by image. at_most: experiments done now;
    the report names those still missing. Raises SplitError where a class has too few subjects. What has been measured
    is kept under out/runs and never repeated; a run that was cut goes on. engine: 'ray' hands the experiments to the
    machines of its cluster; data and out then stand on a disk that all share.
    """
    if engine is not None:
        data, out = data.resolve(), out.resolve()
    found = index(data, patient_from=patient_from)
    store = open_store(found.cells, next(iter(recipes.values())).preprocess)
    basis = Basis(data=data, patient_from=patient_from, store=store, init=init)
    experiments = make_experiments(store, recipes, seeds=seeds, init=init, out=out, parts=parts, twins=twins)
    for experiment in experiments:
        log.info(f"{experiment.folder.name}: {'done' if experiment.done else 'to do'}")
    _warn_of_small_tests(experiments, store)
    if dry_run:
        return None
    waiting = [experiment for experiment in experiments if not experiment.done]
    run_jobs(waiting[:at_most], lambda one: measure_experiment(one, basis), engine=engine)
    return write_report(experiments, _shortcuts(experiments, store, out), out, note=note)


def _warn_of_small_tests(experiments: Sequence[Experiment], store: CellStore) -> None:
    """Before anything is trained: tests whose intervals will say little, each once."""
    for experiment in experiments:
        lacking = too_few_for_intervals(experiment.split, store.cells)
        if lacking and experiment.split.protocol == "subject" and experiment.recipe == experiments[0].recipe:
            log.warning(f"{experiment.protocol}: {lacking}")


def _shortcuts(experiments: Sequence[Experiment], store: CellStore, out: Path) -> dict[str, Any]:
    """Of each honest test once, kept beside the runs: of the folds, another seed deals only inner validation anew."""
    path = out / "runs" / f"shortcuts-{store.data_hash()[:10]}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    honest: dict[tuple[int, ...], Experiment] = {}
    for experiment in experiments:
        if experiment.split.protocol == "subject":
            honest.setdefault(experiment.split.rows["test"], experiment)
    for experiment in honest.values():
        name = f"{experiment.protocol}, seed {experiment.split.seed}"
        if name not in found:
            found[name] = measure_shortcuts(store, experiment.split)
            atomic.write_json(path, found)
    return found


def shortened(recipe: TrainSettings) -> TrainSettings:
    """A recipe at the size of `quick`."""
    return replace(recipe, epochs=2, batch=8, preprocess=Preprocess(size=64), bn_momentum=0.1)


def quick(out: Path, *, recipes: Mapping[str, TrainSettings]) -> Path | None:
    """The same on generated cells, in minutes."""
    cells = out / "cells"
    if not cells.exists():
        write_phantoms(cells, QUICK_CELLS)
    short = {name: shortened(recipe) for name, recipe in recipes.items()}
    note = "Generated cells and a few epochs: this shows that the pipeline works. No metric here is about leukemia."
    return benchmark(cells, out, recipes=short, init="random", note=note)

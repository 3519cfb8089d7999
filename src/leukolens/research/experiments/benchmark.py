"""folder → trials → measured → report: the whole of `leukolens benchmark`."""

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
from leukolens.research.data.store import CellStore, open_store
from leukolens.research.experiments.benchmark_report import write_report
from leukolens.research.experiments.experiment import Trial, make_trials
from leukolens.research.experiments.measure import measure_trial
from leukolens.research.experiments.shortcuts import measure_shortcuts
from leukolens.research.settings import TrainSettings

log = logging.getLogger(__name__)

QUICK_CELLS = PhantomSettings(folds=2, subjects=4, cells=8)


def benchmark(
    data: Path,
    out: Path,
    *,
    recipes: Mapping[str, TrainSettings],
    seeds: Sequence[int] = (0,),
    init: str = "imagenet",
    parts: int = 0,
    at_most: int | None = None,
    dry_run: bool = False,
    note: str | None = None,
) -> Path | None:
    """Run what is not done yet, then write the report; return its path (None for a dry run).

    parts: as many tests from all subjects, instead of the folds. at_most: trials done now; the report names
    those still missing. Raises SplitError where a class has too few subjects.
    What has been measured is kept under out/runs and never repeated; a run that was cut goes on.
    """
    found = index(data)
    store = open_store(found.cells, next(iter(recipes.values())).preprocess)
    trials = make_trials(store, recipes, seeds=seeds, init=init, out=out, parts=parts)
    for trial in trials:
        log.info(f"{trial.folder.name}: {'done' if trial.done else 'to do'}")
    if dry_run:
        return None
    for trial in [trial for trial in trials if not trial.done][:at_most]:
        measure_trial(trial, data, store, init=init)
    return write_report(trials, _shortcuts(trials, store, out), out, note=note)


def _shortcuts(trials: Sequence[Trial], store: CellStore, out: Path) -> dict[str, Any]:
    """Of each honest test once, kept beside the runs: of the folds, another seed deals only inner validation anew."""
    path = out / "runs" / f"shortcuts-{store.data_hash()[:10]}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    honest: dict[tuple[int, ...], Trial] = {}
    for trial in trials:
        if trial.split.protocol == "subject":
            honest.setdefault(trial.split.rows["test"], trial)
    for trial in honest.values():
        name = f"{trial.protocol}, seed {trial.split.seed}"
        if name not in found:
            found[name] = measure_shortcuts(store, trial.split)
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
    note = "Generated cells and a few epochs: this shows that the pipeline works. No figure here is about leukemia."
    return benchmark(cells, out, recipes=short, init="random", note=note)

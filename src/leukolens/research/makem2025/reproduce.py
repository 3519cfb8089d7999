"""folder → plan → runs → report: the whole of `leukolens reproduce`."""

import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from leukolens.model.preprocess import Preprocess
from leukolens.research.data.index import index
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms
from leukolens.research.data.split import make_split
from leukolens.research.data.store import open_store
from leukolens.research.experiments.jobs import NOT_RUN
from leukolens.research.makem2025.document import Material, write_report
from leukolens.research.makem2025.execute import execute
from leukolens.research.makem2025.figures import drawn_examples, examples_of
from leukolens.research.makem2025.plan import Options, listed, make_plan
from leukolens.research.makem2025.results import read_results
from leukolens.research.makem2025.systems import systems
from leukolens.research.settings import TrainSettings

log = logging.getLogger(__name__)

QUICK = TrainSettings(epochs=2, batch=16, preprocess=Preprocess(size=80), bn_momentum=0.1)
"""Images of 80 pixels: Inception-ResNet v2 has none left below 75."""
QUICK_CELLS = PhantomSettings(folds=1, subjects=4, cells=20)


def reproduce(
    data: Path,
    options: Options,
    *,
    recipe: TrainSettings,
    folds: Sequence[str] = (),
    dry_run: bool = False,
    drawn: bool = False,
    note: str | None = None,
) -> Path | None:
    """Train and measure what is not done yet, then write the report; return its path (None for a dry run).

    folds: which; default all there are. drawn: figures 3, 4 and 7 show generated cells instead of the data's.
    What has been measured is kept under options.out/runs and never repeated.
    """
    found = index(data)
    chosen = list(folds) or sorted({cell.fold for cell in found.cells} - {"prelim"})
    stores = {fold: open_store(found.fold(fold), recipe.preprocess) for fold in chosen}
    catalogue = systems(recipe)
    jobs = make_plan(stores, catalogue, options)
    log.info(listed(jobs))
    if dry_run:
        return None
    execute(jobs, data, stores, options, seed=recipe.seed)
    everything = make_plan(stores, catalogue, replace(options, only=()))
    results = read_results(everything, not_run=NOT_RUN)
    splits = {
        fold: make_split(store.cells, store.digests, protocol="paper", seed=recipe.seed)
        for fold, store in stores.items()
    }
    examples = drawn_examples() if drawn else examples_of(next(iter(stores.values())))
    material = Material(results=results, stores=stores, splits=splits, recipe=recipe, examples=examples, note=note)
    return write_report(material, options.out)


def quick(
    out: Path, *, only: Sequence[str] = (), recipe: TrainSettings = QUICK, cells: PhantomSettings = QUICK_CELLS
) -> Path | None:
    """The same on generated cells, in minutes."""
    data = out / "cells"
    if not data.exists():
        write_phantoms(data, cells)
    options = Options(out=out, init="random", only=tuple(only), limit=math.inf)
    note = "Generated cells and a few epochs: this shows that the pipeline works. No number here is about leukemia."
    return reproduce(data, options, recipe=recipe, note=note)

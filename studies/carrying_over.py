"""Which way of training carries over: fold against fold, and to a laboratory of which nothing is trained on.

    python studies/carrying_over.py CNMC --init mobilenet_v1_1.0_224_imagenet.npz --out DIR [--ways recipe matched ...]
        [--seeds 0 1 2] [--folds 0 1] [--recipe half] [--data ../shared/data]

Each way (`carrying_ways.py`), seed and fold is one training; its answers are a file in DIR, and what stands there is
not trained again. The table is of all files: means over seeds, their deviation, and intervals over the tested fold's
subjects of the seeds' mean answer. ALL-IDB2 only measures; how its cells are cut out says `carrying_cells.py`.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from carrying_cells import Cells, of_cameras, of_patients
from carrying_ways import WAYS, Pixels, Way, changed, taught_by
from compared_ways import OTHER, parser_of_ways
from crossing import View, answers, fitted, plain, without_colour
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from leukolens.base import atomic, logs
from leukolens.measure.held_out_metrics import Judged, metrics
from leukolens.measure.subject_bootstrap import intervals
from leukolens.research.augment.appearance import restain
from leukolens.research.data.cell import labels_of
from leukolens.research.data.split import Split
from leukolens.research.data.store import CellStore
from leukolens.research.experiments.measure import judged_cells
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.networks.initial_weights import initialise
from leukolens.research.networks.registry import build
from leukolens.research.recipes import recipe
from leukolens.research.train.launch import start_fabric
from leukolens.research.train.run import training_batches

VIEWS: dict[str, View] = {
    "clean": plain,
    "grey": without_colour,
    "more haematoxylin": lambda rgb: restain(rgb, (1.25, 1.0, 1.0)),
    "less haematoxylin": lambda rgb: restain(rgb, (0.75, 1.0, 1.0)),
}


def main() -> None:
    parser = parser_of_ways(__doc__, WAYS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--recipe", default="leukolens", help="that the ways change; 'half' takes a third of the time")
    parser.add_argument("--folds", nargs="+", choices=list(OTHER), default=list(OTHER), help="that train")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    logs.show()
    options.out.mkdir(parents=True, exist_ok=True)
    preprocess = recipe(options.recipe).preprocess
    folds = {fold: of_patients(options.cnmc, fold, preprocess) for fold in "01"}
    with tempfile.TemporaryDirectory() as folder:
        elsewhere, seen = of_cameras(options.data / "fields" / "allidb2", Path(folder), preprocess)
        for seed in options.seeds:
            for name in options.ways:
                for fold in options.folds:
                    path, other = options.out / f"{name}-on{fold}-s{seed}.npz", folds[OTHER[fold]]
                    if not path.exists():
                        answers = one(WAYS[name], folds[fold], (other, elsewhere), seed=seed, options=options)
                        with atomic.place(path) as temporary, temporary.open("wb") as file:
                            np.savez(file, allow_pickle=False, **answers)
        nuclei = [one.nucleus_um2 for one in seen]
        print(f"nucleus area alone on ALL-IDB2: {roc_auc_score(labels_of(elsewhere.store.cells), nuclei):.3f}")
        show(options.out, folds, elsewhere)


def one(
    way: Way, own: Cells, tests: tuple[Cells, Cells], *, seed: int, options: argparse.Namespace
) -> dict[str, NDArray[np.float64]]:
    """Train once; log-odds of the other fold in each view, and of elsewhere."""
    network = trained(way, own, seed=seed, options=options)
    other, elsewhere = (torch.from_numpy(cells.pixels(way)) for cells in tests)
    found = {name: answers(network, other, torch.arange(len(other)), view=view) for name, view in VIEWS.items()}
    return found | {"elsewhere": answers(network, elsewhere, torch.arange(len(elsewhere)), view=plain)}


def trained(way: Way, own: Cells, *, seed: int, options: argparse.Namespace, name: str | None = None) -> CellNetwork:
    """The network, its last layer fitted anew on what it was trained on."""
    settings = recipe(options.recipe, seed=seed, network=name)
    settings = replace(settings, epochs=way.epochs or settings.epochs, refit=way.refit or settings.refit)
    network = build(settings)
    initialise(network, options.init if name is None else "imagenet")
    if way.network is not None:
        way.network(network)
    rows = tuple(range(len(own.store.cells)))
    store = replaced(own.store, own.pixels(way))
    fabric = start_fabric()
    split = Split(protocol="subject", seed=seed, rows={"train": rows, "val": (), "test": ()})
    batches = training_batches(settings, store, split, fabric)
    if way.change is not None:
        batches = changed(batches, way.change)
    if way.taught:
        teacher = trained(WAYS["recipe"], own, seed=seed, options=options, name="efficientnet_lite0").eval()
        batches = changed(batches, taught_by(teacher))
    if way.before is not None:
        way.before(network, batches)
    return fitted(network, batches, store, rows, fabric)


def replaced(store: CellStore, pixels: Pixels) -> CellStore:
    """The same cells with other pixels."""
    return CellStore(**(vars(store) | {"pixels": pixels}))


def show(out: Path, folds: dict[str, Cells], elsewhere: Cells) -> None:
    """Print a row for each way and tested fold that has been answered."""
    print("| way | tested on | seeds | AUROC | area-matched | specificity at .95 | grey |", end="")
    print(" haematoxylin × 1.25 | × .75 | ALL-IDB2 |")
    print("|---" * 10 + "|")
    truth = labels_of(elsewhere.store.cells)
    for name, way in WAYS.items():
        for fold, other in OTHER.items():
            runs = [dict(np.load(path)) for path in sorted(out.glob(f"{name}-on{fold}-s*.npz"))]
            if not runs:
                continue
            values = [row(folds[other], run) for run in runs]
            there = [float(roc_auc_score(truth, run["elsewhere"])) for run in runs]
            auroc, *others = zip(*values, strict=True)
            cells = [way.what, f"fold {other}", str(len(runs)), interval(folds[other], runs, auroc)]
            cells += [shown(of_seeds) for of_seeds in (*others, there)]
            print(f"| {' | '.join(cells)} |", flush=True)


def judged(cells: Cells, logits: NDArray[np.float64]) -> Judged:
    return judged_cells(cells.store, tuple(range(len(logits))), 1 / (1 + np.exp(-logits)))


def row(cells: Cells, run: dict[str, NDArray[np.float64]]) -> list[float]:
    """AUROC, area-matched, specificity at a sensitivity of .95; AUROC in the other views."""
    weights = np.ones((1, len(cells.groups)))
    clean = metrics(judged(cells, run["clean"]), weights, threshold=0.5)
    names = ("auroc", "auroc_area_matched", "specificity_at_95_sensitivity")
    truth = labels_of(cells.store.cells)
    others = [float(roc_auc_score(truth, run[view])) for view in list(VIEWS)[1:]]
    return [float(clean[name][0]) for name in names] + others


def interval(cells: Cells, runs: Sequence[dict[str, NDArray[np.float64]]], values: Sequence[float]) -> str:
    """The mean AUROC, and 95 % over subjects of the mean answer."""
    mean = judged(cells, np.mean([run["clean"] for run in runs], 0))
    found = intervals(mean, threshold=0.5, seed=0)["auroc"]
    return f"{np.mean(values):.3f} [{found.low:.3f}–{found.high:.3f}]"


def shown(values: Sequence[float]) -> str:
    """Mean ± deviation over seeds; of one seed its value."""
    deviation = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{deviation}"


if __name__ == "__main__":
    main()

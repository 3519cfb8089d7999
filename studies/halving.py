"""How near half of MobileNet_M comes to the whole one on the other fold: half of its channels, or of its input's side.

    python studies/halving.py CNMC --init mobilenet_v1_1.0_224_imagenet.npz --out DIR [--ways whole half taught ...]
        [--seed 0]

Each way and fold is one run of the recipe 'leukolens' below DIR; one that stands is not trained again, one that was cut
goes on. The table is of all runs in DIR with that seed: AUROC on the other fold, and its difference from the whole
network's with 95 % over that fold's subjects.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from compared_ways import OTHER, parser_of_ways

from leukolens.base import logs
from leukolens.measure.held_out_metrics import Judged, metrics
from leukolens.measure.subject_bootstrap import auroc_gain
from leukolens.predict.classifier import Classifier
from leukolens.research.api import index, recipe
from leukolens.research.data.cell import Cell
from leukolens.research.data.store import open_store
from leukolens.research.experiments.measure import judged_cells, raw_answers
from leukolens.research.train.run import RunPlan, train

METRICS = ("auroc", "auroc_area_matched", "specificity_at_95_sensitivity")


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to make a network."""

    what: str
    """In one line, for the table."""
    network: str = "mobilenet_m_half"
    random: bool = False
    """Whether it starts from random weights, in the place of ImageNet's."""
    taught: bool = False
    """Whether the whole network teaches it."""
    epochs: int = 4
    size: int = 224
    """Side of what the network sees, px."""


WAYS = {
    "whole": Way(what="the whole network", network="mobilenet_m"),
    "random": Way(what="half, from random weights", random=True),
    "half": Way(what="half, from ImageNet's strongest channels"),
    "taught": Way(what="… taught by the whole", taught=True),
    "taught_long": Way(what="… three times as long", taught=True, epochs=12),
    "seen_at_128": Way(what="the whole network, on cells of 128 px", network="mobilenet_m", size=128),
    "seen_at_112": Way(what="… of 112 px", network="mobilenet_m", size=112),
    "seen_at_112_long": Way(what="… and three times as long", network="mobilenet_m", size=112, epochs=12),
}


def main() -> None:
    parser = parser_of_ways(__doc__, WAYS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    logs.show()
    for name in options.ways:
        for fold in OTHER:
            trained(name, fold, options)
    told = "AUROC on fold {0} | area-matched | specificity at .95 | AUROC − the whole's [95 %]"
    print(f"| way | {' | '.join(told.format(other) for other in OTHER.values())} |\n{'|---' * 9}|")
    cells = {fold: index(options.cnmc).fold(fold) for fold in OTHER}
    for name in WAYS:
        if all((folder_of(name, fold, options) / "model.onnx").exists() for fold in OTHER):
            print(row(name, cells, options), flush=True)


def folder_of(name: str, fold: str, options: argparse.Namespace) -> Path:
    """Of the run that was trained on that fold."""
    found: Path = options.out / f"{name}-on{fold}-s{options.seed}"
    return found


def trained(name: str, fold: str, options: argparse.Namespace) -> Path:
    """The model file."""
    way = WAYS[name]
    ours = recipe("leukolens", seed=options.seed, network=way.network)
    settings = replace(ours, epochs=way.epochs, preprocess=replace(ours.preprocess, size=way.size))
    return train(
        RunPlan(
            data=options.cnmc,
            fold=fold,
            out=folder_of(name, fold, options),
            protocol="all",
            init="random" if way.random else options.init,
            teacher=trained("whole", fold, options) if way.taught else None,
            settings=settings,
            resume=True,
        )
    )


def row(name: str, cells_of: Mapping[str, Sequence[Cell]], options: argparse.Namespace) -> str:
    """Metrics on each fold by the network that was trained on the other."""
    cells = []
    for fold, other in OTHER.items():
        mine, whole = (judged(folder_of(one, fold, options), cells_of[other]) for one in (name, "whole"))
        found = metrics(mine, np.ones((1, len(mine.labels))), threshold=0.5)
        gain = auroc_gain(mine, whole, seed=0)
        cells += [f"{float(found[metric][0]):.3f}" for metric in METRICS]
        cells.append(f"{gain.value:+.4f} [{gain.low:+.4f} to {gain.high:+.4f}]")
    return f"| {WAYS[name].what} | {' | '.join(cells)} |"


def judged(run: Path, cells: Sequence[Cell]) -> Judged:
    """That run's answers to the cells of the other fold, kept beside its model."""
    classifier = Classifier(run / "model.onnx")
    store = open_store(cells, classifier.card.preprocess)
    kept, rows = run / "answers.npy", tuple(range(len(cells)))
    if not kept.exists():
        np.save(kept, raw_answers(classifier, store, rows))
    return judged_cells(store, rows, np.load(kept))


if __name__ == "__main__":
    main()

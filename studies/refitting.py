"""How strongly the last layer that is fitted anew should be shrunk, and whose cells it should weigh.

    python studies/refitting.py CNMC RUN/model.onnx --trained-on 1

The model was trained on that fold alone. Its features of that fold's cells, seen as `train.refit` sees them, give a
last layer for each weighing and shrinkage; each is tested on the other fold, as is the model's own. It trains nothing.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from leukolens.measure.held_out_metrics import metrics
from leukolens.model.network_file import NetworkFile
from leukolens.research.api import index, recipe
from leukolens.research.augment.batches import generator, to_rgb
from leukolens.research.augment.sampling import area_matched_weights, even_weights
from leukolens.research.data.cell import labels_of
from leukolens.research.data.store import CellStore, open_store
from leukolens.research.experiments.measure import judged_cells
from leukolens.research.train.refit import View, fitted, views

SHRINKAGES = (0.01, 0.1, 1.0, 10.0)
METRICS = ("auroc", "auroc_area_matched", "specificity_at_95_sensitivity", "accuracy", "ece")
AT_ONCE = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cnmc", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--trained-on", choices=("0", "1"), required=True)
    options = parser.parse_args()
    settings, network = recipe("leukolens"), NetworkFile(options.model)
    stores = {fold: open_store(index(options.cnmc).fold(fold), network.card.preprocess) for fold in "01"}
    own, other = stores.pop(options.trained_on), stores.popitem()[1]
    plain, *_, grey = seen = views(settings)
    taught = np.concatenate([_answered(network, own, view)[1] for view in seen])
    (logits, test), (grey_logits, grey_test) = (_answered(network, other, view) for view in (plain, grey))
    print(f"| weighing | shrinkage | {' | '.join(METRICS)} | AUROC of grey cells |\n{'|---' * (len(METRICS) + 3)}|")
    print(_row("the model's own", "", other, logits, grey_logits))
    labels = np.tile(labels_of(own.cells), len(seen))
    for name, weights in _weighings(own).items():
        for shrinkage in SHRINKAGES:
            weight, offset = fitted(taught, labels, np.tile(weights, len(seen)), shrinkage=shrinkage)
            answers = [features @ weight + offset for features in (test, grey_test)]
            print(_row(name, f"{shrinkage:g}", other, *answers), flush=True)


def _answered(network: NetworkFile, store: CellStore, view: View) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Every cell's log-odds (N,) and features (N, F), in that view."""
    pixels, logits, features = torch.from_numpy(np.array(store.pixels)), [], []
    for start in range(0, len(pixels), AT_ONCE):
        here = torch.arange(start, min(start + AT_ONCE, len(pixels)))
        rgb = view(to_rgb(pixels, here, torch.device("cpu")), generator(torch.device("cpu"), start))
        found = network.scores(rgb.contiguous().numpy())
        assert found.features is not None  # every CellNetwork exports them
        logits.append(found.logit)
        features.append(found.features)
    return np.concatenate(logits).astype(np.float64), np.concatenate(features).astype(np.float64)


def _weighings(store: CellStore) -> dict[str, NDArray[np.float64]]:
    """What each cell of the fold weighs."""
    labels, subjects = labels_of(store.cells), [str(cell.subject) for cell in store.cells]
    even = even_weights(labels, subjects).numpy()
    matched = area_matched_weights(labels, subjects, store.areas.astype(np.float64)).numpy()
    return {
        "subjects alike, half area-matched (the recipe's)": even / even.sum() + matched / matched.sum(),
        "subjects alike": even,
        "cells alike": np.ones(len(labels)),
    }


def _row(name: str, shrinkage: str, store: CellStore, logits: NDArray[np.floating], grey: NDArray[np.floating]) -> str:
    judged = judged_cells(store, tuple(range(len(logits))), 1 / (1 + np.exp(-logits)))
    found = metrics(judged, np.ones((1, len(logits))), threshold=0.5)
    values = [float(found[metric][0]) for metric in METRICS] + [roc_auc_score(labels_of(store.cells), grey)]
    return f"| {name} | {shrinkage} | {' | '.join(f'{value:.3f}' for value in values)} |"


if __name__ == "__main__":
    main()

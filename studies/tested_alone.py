"""Metrics of tested networks alone: what a benchmark's runs answer the other fold, before anything calibrates them.

    python studies/tested_alone.py CNMC unseen/runs/half-test-fold-0-1-ff0cde9890 ...

A run's name tells the fold that tests it. ECE is of the network's own probabilities, without a temperature.
"""

import argparse
from pathlib import Path

import numpy as np

from leukolens.measure.held_out_metrics import metrics
from leukolens.predict.classifier import Classifier
from leukolens.research.api import index
from leukolens.research.data.store import open_store
from leukolens.research.experiments.measure import judged_cells, raw_answers

METRICS = ("auroc", "auroc_area_matched", "specificity_at_95_sensitivity", "ece")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cnmc", type=Path)
    parser.add_argument("runs", nargs="+", type=Path)
    options = parser.parse_args()
    cells = index(options.cnmc)
    print(f"| run | {' | '.join(METRICS)} |\n|{'---|' * (len(METRICS) + 1)}")
    for run in options.runs:
        classifier = Classifier(run / "model.onnx")
        store = open_store(cells.fold(run.name.split("-test-fold-")[1][0]), classifier.card.preprocess)
        rows = tuple(range(len(store.cells)))
        judged = judged_cells(store, rows, raw_answers(classifier, store, rows))
        found = metrics(judged, np.ones((1, len(rows))), threshold=0.5)
        print(f"| {run.name} | {' | '.join(f'{found[name][0]:.3f}' for name in METRICS)} |", flush=True)


if __name__ == "__main__":
    main()

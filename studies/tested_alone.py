"""Metrics of tested networks alone: what a benchmark's runs answer the other fold, before anything calibrates them.

    python studies/tested_alone.py CNMC unseen/runs/half-test-fold-0-1-ff0cde9890 ...

A run's name tells the fold that tests it. ECE is of the network's own probabilities, without a temperature.
"""

import argparse
from pathlib import Path

import halving
import numpy as np

from leukolens.measure.held_out_metrics import metrics
from leukolens.research.api import index

METRICS = (*halving.METRICS, "ece")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cnmc", type=Path)
    parser.add_argument("runs", nargs="+", type=Path)
    options = parser.parse_args()
    cells = index(options.cnmc)
    print(f"| run | {' | '.join(METRICS)} |\n|{'---|' * (len(METRICS) + 1)}")
    for run in options.runs:
        judged = halving.judged(run, cells.fold(run.name.split("-test-fold-")[1][0]))
        found = metrics(judged, np.ones((1, len(judged.labels))), threshold=0.5)
        print(f"| {run.name} | {' | '.join(f'{found[name][0]:.3f}' for name in METRICS)} |", flush=True)


if __name__ == "__main__":
    main()

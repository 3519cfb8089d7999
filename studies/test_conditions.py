"""Why a run falls short: its test cells darkened, noisy, or noisy and then rotated, the model unchanged.

python studies/test_conditions.py RUN [--data DIR]
"""

import argparse
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from leukolens.decide.cell import to_probability
from leukolens.model.network_file import as_input
from leukolens.predict.classifier import Classifier
from leukolens.research.augment.warps import warp
from leukolens.research.data.cell import labels_of
from leukolens.research.data.split import read_split
from leukolens.research.evaluate.evaluate import read_facts, run_store
from leukolens.research.evaluate.metrics import measure
from leukolens.research.evaluate.noise import with_noise

TURN = 23.0
"""Degrees; any angle that is no multiple of 90 interpolates."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=Path)
    options.add_argument("--data", type=Path, help="where the cells stand now")
    args = options.parse_args()
    facts, classifier = read_facts(args.run), Classifier(args.run / "model.onnx")
    store = run_store(args.run, fold=facts.fold, data_hash=facts.data_hash, classifier=classifier, data=args.data)
    protocol, seed = facts.protocol, facts.seed
    rows = read_split(args.run / "split.csv", store.cells, store.digests, protocol=protocol, seed=seed).rows["test"]
    labels = labels_of(store.cells)[list(rows)]
    clean = as_input(store.pixels[list(rows)])
    noisy = with_noise(clean, rows, sigma=10, seed=0)
    conditions = {f"brightness × {factor}": clean * np.float32(factor) for factor in (1.0, 0.8, 0.6, 0.4)}
    conditions |= {"noise σ 10": noisy, f"noise σ 10, then rotated by {TURN:g}°": rotated(noisy)}
    print("| test cells | accuracy | sensitivity | specificity |\n|---|---|---|---|")
    for name, rgb in conditions.items():
        logits = [classifier.scores(rgb[start : start + 32]).logit for start in range(0, len(rgb), 32)]
        m = measure(labels, to_probability(np.concatenate(logits)), threshold=classifier.card.threshold)
        print(f"| {name} | {m.accuracy:.3f} | {m.all.recall:.3f} | {m.hem.recall:.3f} |")


def rotated(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """One bilinear interpolation, as training's warp makes it. rgb: (N, 3, H, W) 0–255."""
    cos, sin = math.cos(math.radians(TURN)), math.sin(math.radians(TURN))
    matrices = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]]).expand(len(rgb), 2, 3)
    return np.asarray(warp(torch.from_numpy(rgb), matrices).numpy())


if __name__ == "__main__":
    main()

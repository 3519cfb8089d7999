"""What chose the prior of `leukolens.adapt.layer`: C-NMC's fold 0 as other laboratories would have photographed it.

    python studies/imagined_laboratories.py CNMC MODEL [--every 12] [--draws 4] [--seed 0]

MODEL was trained on fold 1 alone (an inner part of `leukolens benchmark` will do), so that fold 0's patients are new
to it; the scatter of its features is that of each fourth cell of fold 1. Each imagined laboratory changes the mixture
and the strength of the stain in optical density, the focus and the scale; six do so mildly, six harshly. Printed is the
AUROC on cells that did not teach, the mean over laboratories and draws, for 20, 50 and 100 cells that did. No cell of
another laboratory is looked at.
"""

import argparse
from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image, ImageFilter
from sklearn.metrics import roc_auc_score as auroc

from leukolens.adapt import layer, seen
from leukolens.base import provenance
from leukolens.images.decode import read_rgb
from leukolens.model.distance import FeatureReference, fit_reference
from leukolens.model.last_layer import LastLayer, read_last_layer
from leukolens.model.network_file import NetworkFile, as_input
from leukolens.model.preprocess import to_network

COUNTS = (20, 50, 100)
HARSH = {False: (0.15, (0.35, 0.9), 2.0, (0.8, 1.2)), True: (0.3, (0.2, 0.5), 3.0, (0.7, 1.1))}
"""Deviation of the mixture, strength of the stain, largest blur in px, scale."""
Choice = tuple[float, float, float]
"""POWER, PARENT and STRENGTH of `leukolens.adapt.layer`."""
CHOICES: list[Choice] = [
    (power, parent, strength)
    for power in (0.25, 0.5)
    for parent in (0.0, 0.25, 0.5, 1.0)
    for strength in (0.1, 0.3, 1.0)
]
Found = dict[tuple[Choice | str, int], list[float]]
"""AUROCs by choice, or "the parent", and the count of cells that taught."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cnmc", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--every", type=int, default=12)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    network = NetworkFile(options.model, threads=1)
    paths = [
        path for name in ("hem", "all") for path in sorted((options.cnmc / "fold_0" / name).iterdir())[:: options.every]
    ]
    labels = np.array([int(path.parent.name == "all") for path in paths])
    print(f"{len(paths)} cells; {provenance.machine()}")
    parent = read_last_layer(options.model.read_bytes())
    reference = reference_of(sorted(options.cnmc.glob("fold_1/*/*"))[::4], network)
    found: Found = {}
    for harsh in (False, True):
        for number in range(6):
            random = np.random.default_rng([options.seed, harsh, number])
            features = photographed(paths, network, random, harsh=harsh)
            for count in COUNTS:
                for _ in range(options.draws):
                    judge(found, features, labels, random, count, parent=parent, reference=reference)
    print("| parent's part, power, strength | 20 cells | 50 | 100 |\n|---|---|---|---|")
    shown: list[Choice | str] = ["the parent", *CHOICES]
    for choice in shown:
        means = " | ".join(f"{np.mean(found[choice, count]):.3f}" for count in COUNTS)
        print(f"| {choice if isinstance(choice, str) else f'{choice[1]}, {choice[0]}, {choice[2]}'} | {means} |")


def reference_of(paths: list[Path], network: NetworkFile) -> FeatureReference:
    """Where cells like those it was trained on lie."""
    pixels = (to_network(read_rgb(path), network.card.preprocess, name=path) for path in paths)
    features = np.concatenate([network.scores(as_input([one])).features for one in pixels])
    return fit_reference(features, features)


def photographed(paths: list[Path], network: NetworkFile, random: np.random.Generator, *, harsh: bool) -> np.ndarray:
    """(N, VIEWS, F) features of the cells as one laboratory would see them."""
    mixture, strength, blur, scale = HARSH[harsh]
    stain = random.uniform(*strength) * (np.eye(3) + random.normal(0, mixture, (3, 3)))
    blurred, side = random.uniform(0, blur), int(450 * random.uniform(*scale))
    found = []
    for path in paths:
        rgb = read_rgb(path)
        density = np.maximum(-np.log(np.maximum(rgb, 1) / 255) @ stain.T, 0)
        stained = np.clip(255 * np.exp(-density), 1, 255) * rgb.any(axis=2, keepdims=True)
        image = Image.fromarray(stained.astype(np.uint8)).filter(ImageFilter.GaussianBlur(blurred))
        whole = Image.new("RGB", (450, 450))
        whole.paste(image.resize((side, side), Image.Resampling.BICUBIC), ((450 - side) // 2,) * 2)
        pixels = to_network(whole, network.card.preprocess, name=path)
        found.append(network.scores(as_input(seen._views(pixels))).features)
    return np.array(found)


def judge(
    found: Found,
    features: np.ndarray,
    labels: np.ndarray,
    random: np.random.Generator,
    count: int,
    *,
    parent: LastLayer,
    reference: FeatureReference,
) -> None:
    """Teach by `count` cells under every choice, and test on the others."""
    mine = np.concatenate([random.permutation(np.flatnonzero(labels == one))[: count // 2] for one in (0, 1)])
    others = np.setdiff1d(np.arange(len(labels)), mine)
    test, truth = features[others, 0], labels[others]
    found.setdefault(("the parent", count), []).append(auroc(truth, parent.logits(test)))
    taught = features[mine].reshape(-1, features.shape[-1])
    weights = np.full(len(taught), 1 / seen.VIEWS)
    for power, part, strength in CHOICES:
        with mock.patch.multiple(layer, POWER=power, PARENT=part, STRENGTH=strength):
            one = layer.fit_layer(
                taught, np.repeat(labels[mine], seen.VIEWS), weights, parent=parent, reference=reference
            )
        found.setdefault(((power, part, strength), count), []).append(auroc(truth, one.logits(test)))


if __name__ == "__main__":
    main()

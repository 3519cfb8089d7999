"""Which part of a cell each row and column of an evidence map answers to.

    python studies/evidence_reach.py CNMC MODEL.onnx [MODEL.onnx ...] [--cells 40] [--seed 0]

Noise of σ 40 is put on one of 28 strips of the picture at a time, on the cell's own pixels alone. For each row of
squares (and each column) it prints the mean place of the strips that change it, weighed by how much they do, in % of
the picture. Were each square to answer to what lies under it, these would be the squares' own middles.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukolens.images.decode import read_rgb
from leukolens.model.network_file import NetworkFile, as_input
from leukolens.model.preprocess import to_network
from leukolens.research.api import index

STRIPS, SIGMA = 28, 40.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cnmc", type=Path)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--cells", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    cells = index(options.cnmc).cells
    paths = [
        cells[place].path for place in np.random.default_rng(options.seed).permutation(len(cells))[: options.cells]
    ]
    for path in options.models:
        network = NetworkFile(path, threads=1)
        for axis, name in enumerate(("rows", "columns")):
            moved = np.sum([changes(network, one, axis=axis, seed=options.seed) for one in paths], 0)
            places = (np.arange(STRIPS) + 0.5) / STRIPS * 100
            means = places @ moved / moved.sum(0)
            middles = (np.arange(moved.shape[1]) + 0.5) / moved.shape[1] * 100
            print(f"{path.name} {name}: {told(means)}; the squares' middles {told(middles)}", flush=True)


def changes(network: NetworkFile, path: Path, *, axis: int, seed: int) -> NDArray[np.float64]:
    """(STRIPS, P): by how much noise on each strip changes each row (axis 0) or column of squares."""
    pixels = to_network(read_rgb(path), network.card.preprocess, name=path)
    shown = pixels.max(axis=-1, keepdims=True) > 0
    random = np.random.default_rng(seed)
    spoiled = []
    for strip in np.array_split(np.arange(pixels.shape[axis]), STRIPS):
        noise = np.zeros(pixels.shape)
        place = (strip,) if axis == 0 else (slice(None), strip)
        noise[place] = random.normal(0, SIGMA, noise[place].shape)
        spoiled.append(np.clip(pixels + noise * shown, 0, 255).astype(np.uint8))
    scores = network.scores(as_input([pixels, *spoiled]))
    if scores.evidence is None:
        raise SystemExit(f"{network.path}: gives no evidence map")
    return np.asarray(np.abs(scores.evidence[1:] - scores.evidence[:1]).sum(axis=2 - axis), np.float64)


def told(values: NDArray[np.float64]) -> str:
    return " ".join(f"{value:.0f}" for value in values) + " %"


if __name__ == "__main__":
    main()

"""Train the finder's network (`leukolens.cells.network`) and export it.

    python studies/train_finder.py OUT.onnx STEPS bccd txl_pbc --data ../shared/data

Boxes are the sources' own (`finder_pictures.py`); each step sees other examples (`finder_examples.py`). One thread, and
the learning rate ends with the steps, so that the same seed gives the same weights on the same kind of core. The
network that ships: 10,150 steps as above, seed 0, in 15 minutes of one core of an AMD EPYC with AVX-512 (an older
state of this file let the rate fall by the clock, so these weights come again only nearly).
"""

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from finder_examples import Example, example
from finder_network import FinderNetwork, Targets, losses
from finder_pictures import Picture, read_picture, whole_cells
from finding_sources import voc_bccd, yolo_txl_pbc
from torch import Tensor, nn

from leukolens.research.networks.onnx_file import without_origins

SOURCES = {"bccd": voc_bccd, "txl_pbc": yolo_txl_pbc}
BATCH = 12
RATE, RATE_FROM_START, LAST_RATE = 2e-3, 1.2e-3, 1e-5
"""Learning rate: the highest, the highest of weights that go on from others, and what the last step keeps."""
WARM_UP = 100
"""Steps until the highest rate."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How long and on what the network is trained."""

    steps: int
    crowded: float
    """0–1, the share of examples that are filled with cells."""
    start: Path | None
    """Weights to go on from; None for random ones."""
    seed: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("steps", type=int)
    parser.add_argument("sources", nargs="+", choices=list(SOURCES))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--crowded", type=float, default=0.2)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    settings = Settings(steps=options.steps, crowded=options.crowded, start=options.start, seed=options.seed)
    network = train(list(pictures_of(options.sources, options.data / "fields")), settings).eval()
    torch.save(network.state_dict(), options.out.with_suffix(".pt"))
    export(network, options.out)


def pictures_of(sources: Sequence[str], fields: Path) -> Iterator[Picture]:
    """Of these sources, all whose scale can be told."""
    for source in sources:
        for path, boxes in SOURCES[source](fields):
            if (picture := read_picture(path, boxes)) is not None:
                yield picture


def train(pictures: list[Picture], settings: Settings) -> FinderNetwork:
    """The network after so many steps; every 50 steps a line of its losses is printed."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(settings.seed)
    random = np.random.default_rng(settings.seed)
    bank = whole_cells(pictures)
    network = FinderNetwork()
    if settings.start:
        network.load_state_dict(torch.load(settings.start, weights_only=True))
    highest = RATE_FROM_START if settings.start else RATE
    optimizer = torch.optim.AdamW(network.parameters(), highest, weight_decay=1e-3)
    began = time.time()
    for step in range(1, settings.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, settings.steps, highest)
        examples = [example(pictures, bank, random, crowded=settings.crowded) for _ in range(BATCH)]
        density, targets = batch_of(examples)
        parts = losses(network(density), targets)
        optimizer.zero_grad()
        torch.autograd.backward(parts.total)
        nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimizer.step()
        if step % 50 == 0:
            shown = (f"{float(part.detach()):.3f}" for part in (parts.heat, parts.size, parts.pixels))
            print(step, *shown, f"{time.time() - began:.0f} s", flush=True)
    return network


def rate(step: int, steps: int, highest: float) -> float:
    """Learning rate: rises over the first steps, falls as a cosine to the last."""
    return highest * min(1, step / WARM_UP) * 0.5 * (1 + math.cos(math.pi * (step - 1) / steps)) + LAST_RATE


def batch_of(examples: Sequence[Example]) -> tuple[Tensor, Targets]:
    """(N, 3, SIDE, SIDE) densities, and what should be answered."""
    density, heat, size, near, pixels = (
        torch.from_numpy(np.stack([getattr(one, name) for one in examples]))
        for name in ("density", "heat", "size", "near", "pixels")
    )
    return density, Targets(heat=heat, size=size, near=near, pixels=pixels)


def export(network: FinderNetwork, path: Path) -> None:
    """density (1, 3, H, W) → maps (1, 7, H / 2, W / 2), H and W multiples of 16, without this machine's traces."""
    auto = torch.export.Dim.AUTO
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, 96, 128),),
        path,
        input_names=["density"],
        output_names=["maps"],
        dynamic_shapes=({2: auto, 3: auto},),
        dynamo=True,
        external_data=False,
    )
    onnx.save(without_origins(onnx.load(path)), path)


if __name__ == "__main__":
    main()

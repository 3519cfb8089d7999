"""Where the time of a training epoch goes: stages of a batch, network, optimiser, and the dearest operators.

python bench/epoch_profile.py [--cells DIR] [--steps 20]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from train_throughput import prepare

from leukolens.base.provenance import machine
from leukolens.research.augment import batches as stages
from leukolens.research.augment.batches import Batches, balanced
from leukolens.research.augment.warps import brighten, draw_warps, warp
from leukolens.research.networks.registry import build
from leukolens.research.settings import Augmentation, TrainSettings
from leukolens.research.train.checkpoint import Checkpoint, optimiser_tensors, save
from leukolens.research.train.launch import start_fabric

OPERATORS = 10


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cells", type=Path, help="folder of cells; default: generated ones")
    options.add_argument("--network", default="mobilenet_m")
    options.add_argument("--steps", type=int, default=20)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepare(args.cells, Path(folder), Path(folder) / "cells.npz")
        with np.load(Path(folder) / "cells.npz") as arrays:
            pixels, labels = torch.from_numpy(arrays["rgb"]), arrays["labels"].astype(np.int64)
        settings, fabric = TrainSettings(network=args.network), start_fabric()
        sample = balanced(np.arange(len(labels)), labels, balance=True)
        data = Batches(pixels=pixels, sample=sample, settings=settings, device=fabric.device)
        network = build(settings).to(memory_format=torch.channels_last)
        optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate, eps=1e-7, fused=True)
        model, optimiser = fabric.setup(network, optimiser)
        model.train()
        rgb, truth = next(data.epoch(1))

        def loss() -> Tensor:
            return F.cross_entropy(model(rgb).float(), truth) + settings.l1 * network.penalty()

        def step() -> None:
            value = loss()
            optimiser.zero_grad()
            fabric.backward(value)
            optimiser.step()

        def keep() -> None:
            weights = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
            state = Checkpoint(network=weights, best=weights, optimiser=optimiser_tensors(optimiser), history=[])
            save(Path(folder) / "checkpoint.safetensors", state)

        print(f"{args.network}, batch of {settings.batch}, {fabric._precision.precision}, {machine()}\n")
        print("| stage | ms a step |\n|---|---|")
        for name, work in _stages(pixels, settings).items():
            print(f"| {name} | {_milliseconds(work, args.steps):.1f} |")
        turns = data.epoch(1)
        print(f"| **a whole batch, as above with its bookkeeping** | {_milliseconds(lambda: next(turns), 10):.1f} |")
        with torch.no_grad():
            print(f"| forward without gradients | {_milliseconds(loss, args.steps):.1f} |")
        print(f"| **forward, backward, optimiser** | {_milliseconds(step, args.steps):.1f} |")
        print(f"| of which the optimiser | {_milliseconds(optimiser.step, args.steps):.1f} |")
        print(f"| a checkpoint, once an epoch | {_milliseconds(keep, 3):.1f} |")
        _operators(step, args.steps)


def _stages(pixels: Tensor, settings: TrainSettings) -> dict[str, Callable[[], object]]:
    """The stages of `Batches` in their order, each on one batch of its own."""
    rows, device = torch.arange(settings.batch), pixels.device
    seeded = stages.generator(device, 0)
    augmentation = settings.augmentation or Augmentation()
    rgb = stages.to_rgb(pixels, rows, device)
    matrices, factor = draw_warps(settings.batch, augmentation, seeded)
    sigma = torch.tensor(settings.noise).repeat(settings.batch)[: settings.batch]
    grey = rows % 4 == 0
    return {
        "cells from the store, as float": lambda: stages.to_rgb(pixels, rows, device),
        "saturation-free copies": lambda: stages.desaturate(rgb, grey),
        "one warp": lambda: warp(rgb, matrices),
        "noise": lambda: stages.add_noise(rgb, sigma, seeded),
        "brightness": lambda: brighten(rgb, factor, stretch=augmentation.brightness_stretch),
    }


def _milliseconds(work: Callable[[], object], steps: int) -> float:
    work()
    started = time.perf_counter()
    for _ in range(steps):
        work()
    return (time.perf_counter() - started) / steps * 1e3


def _operators(step: Callable[[], None], steps: int) -> None:
    with profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range(steps):
            step()
    rows = sorted(found.key_averages(), key=lambda row: -row.self_cpu_time_total)
    total = sum(row.self_cpu_time_total for row in rows)
    print("\n| operator | share of forward, backward, optimiser |\n|---|---|")
    for row in rows[:OPERATORS]:
        print(f"| `{row.key}` | {row.self_cpu_time_total / total:.1%} |")


if __name__ == "__main__":
    main()

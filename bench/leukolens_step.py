"""LeukoLens's side of train_throughput.py: its own batches, network and optimiser. Arguments: cells.npz, steps."""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from leukolens.research.augment.batches import Batches, balanced
from leukolens.research.networks.mobilenet import MobileNetM
from leukolens.research.settings import TrainSettings
from leukolens.research.train.launch import start_fabric

WARM_UP = 15


def main(path: str, steps: int) -> None:
    with np.load(path) as arrays:
        pixels, labels = torch.from_numpy(arrays["rgb"]), arrays["labels"].astype(np.int64)
    settings, fabric = TrainSettings(), start_fabric()
    sample = balanced(np.arange(len(labels)), labels, balance=True)
    batches = Batches(pixels=pixels, sample=sample, settings=settings, device=fabric.device)
    network = MobileNetM(dropout=settings.dropout, input_range=settings.input_range, bn_momentum=0.01, seed=0)
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate, eps=1e-7, fused=True)
    model, optimiser = fabric.setup(network, optimiser)
    model.train()
    done, started, images = 0, 0.0, 0
    epoch = 0
    while done < steps + WARM_UP:
        epoch += 1
        for rgb, truth in batches.epoch(epoch):
            if done == WARM_UP:
                started, images = time.perf_counter(), 0
            loss = F.cross_entropy(model(rgb).float(), truth) + settings.l1 * network.penalty()
            optimiser.zero_grad()
            fabric.backward(loss)
            optimiser.step()
            done, images = done + 1, images + len(truth)
            if done == steps + WARM_UP:
                break
    rate = images / (time.perf_counter() - started)
    what = f"torch {torch.__version__}, {fabric._precision.precision}, {torch.get_num_threads()} threads"
    print(json.dumps({"images_per_second": rate, "what": what}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

"""Pictures of a run: the contact sheet of what the network sees, and the curves of Figure 6."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from leukolens.base import atomic
from leukolens.research.augment.batches import Batches
from leukolens.research.train.history import Epoch

PER_ROW = 8


def contact_sheet(batches: Batches, path: Path) -> None:
    """The first batch of epoch 1, after balance, noise and augmentation."""
    rgb, labels = next(iter(batches.epoch(1)))
    images = rgb.permute(0, 2, 3, 1).round().byte().cpu().numpy()
    rows = -(-len(images) // PER_ROW)
    figure = Figure(figsize=(1.5 * PER_ROW, 1.7 * rows))
    for place, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
        axes = figure.add_subplot(rows, PER_ROW, place + 1)
        axes.imshow(image)
        axes.set_title("ALL" if label else "HEM", fontsize=9)
        axes.axis("off")
    atomic.write_png(path, figure)


def curves(history: Sequence[Epoch], path: Path) -> None:
    """Accuracy and loss against epochs (Makem et al. 2025, Figure 6); told apart in greyscale by line style."""
    figure = Figure(figsize=(9, 3.4))
    numbers = [epoch.number for epoch in history]
    for place, what in enumerate(("accuracy", "loss")):
        axes = figure.add_subplot(1, 2, place + 1)
        for part, style in (("train", "-"), ("val", "--")):
            values = np.array([getattr(epoch, f"{part}_{what}") for epoch in history])
            axes.plot(numbers, values, style, color="black" if part == "train" else "0.4", label=part)
        axes.set_xlabel("epoch")
        axes.set_ylabel(what)
        axes.legend()
    atomic.write_png(path, figure)

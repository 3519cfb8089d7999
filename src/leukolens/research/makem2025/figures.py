"""Figures 3, 4, 6, 7 and 8 of Makem et al. 2025, drawn from the pipeline's own stages and the runs' own files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from leukolens.base import atomic
from leukolens.images.cnmc_names import LABELS, Label
from leukolens.images.decode import read_rgb
from leukolens.model.network_file import as_input
from leukolens.model.preprocess import to_network
from leukolens.research.augment.batches import add_noise, desaturate, generator
from leukolens.research.augment.warps import brighten, draw_warps, warp
from leukolens.research.data.phantoms import draw_cell
from leukolens.research.data.store import CellStore
from leukolens.research.evaluate.blocks import Picture
from leukolens.research.evaluate.noise import with_noise
from leukolens.research.evaluate.plots import draw_confusion
from leukolens.research.makem2025.results import Result
from leukolens.research.settings import TrainSettings
from leukolens.research.train import curves as pictures
from leukolens.research.train.history import read_history

CPU = torch.device("cpu")


Examples = Mapping[Label, NDArray[np.uint8]]
"""One image of each class, (H, W, 3) uint8: what figures 3, 4 and 7 show."""


def examples_of(store: CellStore) -> Examples:
    """The first cell of each class."""
    return {label: read_rgb(next(cell.path for cell in store.cells if cell.label == label)) for label in LABELS}


def drawn_examples() -> Examples:
    """Generated cells, for a report that is published where the real ones may not be."""
    return {label: draw_cell(label, np.random.default_rng(0)) for label in LABELS}


def stages(examples: Examples, settings: TrainSettings, folder: Path) -> list[Picture]:
    """Figures 3 and 4: one ALL and one HEM cell through crop, noise and augmentation."""
    found = []
    for number, label in ((3, LABELS[1]), (4, LABELS[0])):
        path = folder / f"figure_{number}.png"
        atomic.write_png(path, _row_of(_stages(examples[label], label, settings)))
        found.append(Picture(path=path, caption=f"Figure {number}: a {label.upper()} cell through the pipeline"))
    return found


def _stages(original: NDArray[np.uint8], label: Label, settings: TrainSettings) -> dict[str, NDArray[np.uint8]]:
    cropped = to_network(original, settings.preprocess, name=label)
    panels = {"original": original, f"crop {settings.preprocess.crop}, resize {settings.preprocess.size}": cropped}
    rgb = torch.from_numpy(cropped.copy()).permute(2, 0, 1)[None].float()
    if label == "hem" and settings.balance:
        panels["saturation 0"] = _image(desaturate(rgb, torch.tensor([True])))
    for sigma in settings.noise:
        if sigma:
            panels[f"noise σ {sigma:g}"] = _image(add_noise(rgb, torch.tensor([sigma]), generator(CPU, 0, int(sigma))))
    if settings.augmentation is not None:
        for draw in (1, 2):
            matrices, factor = draw_warps(1, settings.augmentation, generator(CPU, 0, draw))
            bright = brighten(warp(rgb, matrices), factor, stretch=settings.augmentation.brightness_stretch)
            panels[f"augmented {draw}"] = _image(bright)
    return panels


def noise_levels(examples: Examples, settings: TrainSettings, folder: Path) -> Picture:
    """Figure 7: an image clean, and with test noise."""
    cropped = to_network(examples["all"], settings.preprocess, name="all")
    panels = {"clean": cropped}
    for sigma in (5.0, 10.0):
        noisy = with_noise(as_input([cropped]), [0], sigma=sigma, seed=0)[0]
        panels[f"σ {sigma:g}"] = noisy.transpose(1, 2, 0).astype(np.uint8)
    path = folder / "figure_7.png"
    atomic.write_png(path, _row_of(panels))
    return Picture(path=path, caption="Figure 7: a cell clean and with test noise")


def histories(results: Sequence[Result], folder: Path) -> list[Picture]:
    """Figure 6: accuracy and loss against epochs, for each fold."""
    found = []
    for result in results:
        if result.job.system.name == "mobilenet_m" and result.confusions:
            path = folder / f"figure_6_fold_{result.job.fold}.png"
            pictures.curves(read_history(result.job.folder / "history.csv"), path)
            found.append(Picture(path=path, caption=f"Figure 6: MobileNet_M on fold {result.job.fold}"))
    return found


def confusions(results: Sequence[Result], folder: Path) -> list[Picture]:
    """Figure 8: confusion matrices of MobileNet_M and ALNett."""
    shown = [r for r in results if r.job.system.name in ("mobilenet_m", "alnett") and r.confusions]
    if not shown:
        return []
    figure = Figure(figsize=(3 * len(shown), 3), layout="constrained")
    for place, result in enumerate(shown):
        axes = figure.add_subplot(1, len(shown), place + 1)
        draw_confusion(axes, result.confusions[0.0])
        axes.set_title(f"{result.job.system.name}, fold {result.job.fold}", fontsize=9)
    path = folder / "figure_8.png"
    atomic.write_png(path, figure)
    return [Picture(path=path, caption="Figure 8: confusion matrices")]


def _row_of(panels: Mapping[str, NDArray[np.uint8]]) -> Figure:
    figure = Figure(figsize=(1.9 * len(panels), 2.2))
    for place, (title, image) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), place + 1)
        axes.imshow(image)
        axes.set_title(title, fontsize=8)
        axes.axis("off")
    return figure


def _image(rgb: torch.Tensor) -> NDArray[np.uint8]:
    return np.asarray(rgb[0].permute(1, 2, 0).round().byte().numpy())

"""What carries over from one fold's subjects to the other's: features of a network that has seen no cell, at several
depths and under several views, read by a logistic regression.

python studies/frozen_views.py CNMC --init mobilenet_v1_1.0_224_imagenet.npz [--cap 60]

Each subject gives at most `--cap` cells and weighs alike in its class. A feature map is averaged over the cell alone,
the black around it left out: over the whole image its mean would tell the cell's size.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from leukolens.base.progress import track
from leukolens.base.provenance import machine
from leukolens.images.decode import read_rgb
from leukolens.measure.held_out_metrics import Judged, metrics
from leukolens.research.data.cell import Cell, labels_of
from leukolens.research.data.index import index
from leukolens.research.networks.initial_weights import initialise
from leukolens.research.networks.registry import build
from leukolens.research.settings import TrainSettings

BLOCKS = (2, 3, 4)
"""Stages of MobileNet v1: 256 channels at 28×28, 512 at 14×14, 1024 at 7×7."""
MEAN, DEVIATION = (66.0, 30.0, 80.0), (13.0, 10.0, 12.0)
"""RGB that 'colour' brings every cell to."""
VIEWS = ("plain", "colour", "sized", "sized, colour")
_BATCH = 32


def views(rgb: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """(H, W, 3) → VIEWS, (224, 224, 3) each: as training sees it; each channel of the cell at the same mean and
    deviation; the cell as large as every other; both."""
    mask = np.asarray(rgb.any(axis=2))
    coloured = rgb.astype(np.float32)
    inside = coloured[mask]
    coloured = (coloured - inside.mean(axis=0)) / (inside.std(axis=0) + 1e-3) * DEVIATION + MEAN
    same = (np.clip(coloured, 0, 255) * mask[..., None]).astype(np.uint8)
    rows, columns = np.nonzero(mask)
    side = round(1.25 * mask.sum() ** 0.5)
    around = (rows.mean(), columns.mean(), side)
    middle = (rgb.shape[0] / 2, rgb.shape[1] / 2, 300)
    return [cut(rgb, *middle), cut(same, *middle), cut(rgb, *around), cut(same, *around)]


def cut(rgb: NDArray[np.uint8], row: float, column: float, side: int) -> NDArray[np.uint8]:
    """A square around a place, 224 px; black where it reaches beyond the image."""
    left, top = round(column - side / 2), round(row - side / 2)
    square = Image.fromarray(rgb).crop((left, top, left + side, top + side))
    return np.asarray(square.resize((224, 224), Image.Resampling.BILINEAR))


def chosen(cells: Sequence[Cell], cap: int) -> list[Cell]:
    """At most `cap` cells of each subject, at random."""
    random = np.random.default_rng(0)
    found: list[Cell] = []
    for subject in sorted({str(cell.subject) for cell in cells}):
        own = [cell for cell in cells if cell.subject == subject]
        found += [own[place] for place in sorted(random.permutation(len(own))[:cap])]
    return found


@torch.no_grad()
def features(cells: Sequence[Cell], init: str) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float64]]:
    """'<view>, block <n>' → (N, channels) root of the mean over the cell; and each cell's area in px."""
    network = build(TrainSettings(input_range="-1..1"))
    initialise(network, init)
    network.eval()
    maps: dict[int, torch.Tensor] = {}
    for block in BLOCKS:
        network.get_submodule(f"backbone.blocks.{block}").register_forward_hook(
            lambda _module, _inputs, output, block=block: maps.__setitem__(block, output)
        )
    found: dict[str, list[NDArray[np.float32]]] = {}
    areas: list[float] = []
    with track("features", len(cells), unit="cells") as advance:
        for start in range(0, len(cells), _BATCH):
            images = [read_rgb(cell.path) for cell in cells[start : start + _BATCH]]
            areas += [float(image.any(axis=2).sum()) for image in images]
            seen = [views(image) for image in images]
            for place, view in enumerate(VIEWS):
                rgb = torch.from_numpy(np.stack([one[place] for one in seen])).permute(0, 3, 1, 2).float()
                network.pooled(rgb.contiguous(memory_format=torch.channels_last))
                lit = (rgb.amax(dim=1, keepdim=True) > 0).float()
                for block, values in maps.items():
                    share = F.adaptive_avg_pool2d(lit, values.shape[-1])
                    mean = (values * share).sum(dim=(2, 3)) / share.sum(dim=(2, 3))
                    found.setdefault(f"{view}, block {block}", []).append(mean.clamp(min=0).sqrt().numpy())
            advance(len(images))
    return {name: np.concatenate(parts) for name, parts in found.items()}, np.array(areas)


def weights(cells: Sequence[Cell]) -> NDArray[np.float64]:
    """(N,) so that subjects of a class weigh alike, and the classes."""
    keys = [(cell.label, cell.subject) for cell in cells]
    own = np.array([keys.count(key) for key in keys], np.float64)
    subjects = {label: len({subject for at, subject in keys if at == label}) for label, _ in keys}
    found = 1 / own / np.array([subjects[label] for label, _ in keys])
    return np.asarray(found / found.mean())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cnmc", type=Path)
    options.add_argument("--init", required=True, help="MobileNet v1's ImageNet weights")
    options.add_argument("--cap", type=int, default=60, help="cells of a subject")
    args = options.parse_args()
    found = index(args.cnmc)
    cells = {fold: chosen(found.fold(fold), args.cap) for fold in ("0", "1")}
    seen = {fold: features(own, args.init) for fold, own in cells.items()}
    print(f"at most {args.cap} cells of a subject, {machine()}\n")
    print("| view, depth | AUROC 0 → 1 | like area | AUROC 1 → 0 | like area |\n|---|---|---|---|---|")
    for name in seen["0"][0]:
        line = []
        for train, test in (("0", "1"), ("1", "0")):
            scaler = StandardScaler().fit(seen[train][0][name])
            model = LogisticRegression(C=0.003, max_iter=500)
            inputs = scaler.transform(seen[train][0][name])
            model.fit(inputs, labels_of(cells[train]), sample_weight=weights(cells[train]))
            p_all = model.predict_proba(scaler.transform(seen[test][0][name]))[:, 1]
            subjects = tuple(str(cell.subject) for cell in cells[test])
            judged = Judged(labels=labels_of(cells[test]), p_all=p_all, subjects=subjects, areas=seen[test][1])
            values = metrics(judged, np.ones((1, len(p_all))), threshold=0.5)
            line += [f"{values[key][0]:.3f}" for key in ("auroc", "auroc_area_matched")]
        print(f"| {name} | {' | '.join(line)} |", flush=True)


if __name__ == "__main__":
    main()

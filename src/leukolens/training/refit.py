"""The last layer fitted anew on a trained network's features: logistic regression, strongly shrunk, subjects alike.

Training teaches features that carry over to unseen subjects, and a last layer that leans on what tells the training's
subjects apart; fitted anew, the same features answer better (last layer retraining, arXiv 2204.02937; measured in
docs/experiments.md).
"""

from collections.abc import Sequence

import numpy as np
import torch
from lightning.fabric import Fabric
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from leukolens.dataset.cell import labels_of
from leukolens.dataset.store import CellStore
from leukolens.training.batches import desaturate, even_chances, matched_chances, to_rgb
from leukolens.training.cell_network import CellNetwork
from leukolens.training.loop import Say
from leukolens.training.settings import TrainSettings

_AT_ONCE = 32


def refit(
    network: CellNetwork, store: CellStore, rows: Sequence[int], settings: TrainSettings, *, fabric: Fabric, say: Say
) -> None:
    """Give `network` the last layer that fits the rows' clean images best.

    Where the recipe takes saturation away, each cell is seen without it as well. Subjects weigh alike in their class;
    half of the weight is matched for the cells' areas besides (`batches.matched_chances`).
    """
    cells = [store.cells[row] for row in rows]
    labels, subjects = labels_of(cells), [str(cell.subject) for cell in cells]
    areas = store.areas[list(rows)].astype(np.float64)
    even, matched = even_chances(labels, subjects).numpy(), matched_chances(labels, subjects, areas).numpy()
    weights = even / even.sum()
    if matched.any():  # else no size is of both classes
        weights = weights + matched / matched.sum()
    greys = (False, True) if settings.augmentation is not None and settings.augmentation.grey else (False,)
    features = np.concatenate([pooled(network, store, rows, fabric, grey=grey) for grey in greys])
    weight, offset = fitted(
        features, np.tile(labels, len(greys)), np.tile(weights, len(greys)), shrinkage=settings.refit
    )
    network.read_by(torch.from_numpy(weight).float(), offset)
    say(f"last layer fitted anew on {len(features)} images of {len(set(subjects))} subjects")


@torch.no_grad()
def pooled(
    network: CellNetwork, store: CellStore, rows: Sequence[int], fabric: Fabric, *, grey: bool
) -> NDArray[np.float64]:
    """(N, F) features of the rows' images, at inference and in float32: so will the exported model see them."""
    network.eval()
    pixels, found = torch.from_numpy(np.array(store.pixels[list(rows)])), []
    for start in range(0, len(rows), _AT_ONCE):
        here = torch.arange(start, min(start + _AT_ONCE, len(rows)))
        rgb = to_rgb(pixels, here, fabric.device)
        if grey:
            rgb = desaturate(rgb, torch.ones(len(rgb), dtype=torch.bool, device=fabric.device))
        found.append(network.pooled(rgb.contiguous(memory_format=torch.channels_last)).double().cpu().numpy())
    return np.concatenate(found)


def fitted(
    features: NDArray[np.float64], labels: NDArray[np.int64], weights: NDArray[np.float64], *, shrinkage: float
) -> tuple[NDArray[np.float64], float]:
    """Weight (F,) and offset that minimise the mean loss plus shrinkage × the sum of squares, of standardised features.

    features: (N, F); labels: (N,) 0 HEM, 1 ALL; weights: (N,) of the images.
    """
    weights = weights / weights.sum()
    mean = weights @ features
    deviation = np.sqrt(np.maximum(weights @ (features - mean) ** 2, 1e-12))
    model = LogisticRegression(C=1 / (2 * shrinkage), max_iter=1000, tol=1e-6)
    model.fit((features - mean) / deviation, labels, sample_weight=weights)
    weight = model.coef_[0] / deviation
    return weight, float(model.intercept_[0] - weight @ mean)

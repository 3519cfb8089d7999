"""The last layer fitted anew on a trained network's features: logistic regression, strongly shrunk, subjects alike.

Training teaches features that carry over to held-out subjects, and a last layer that leans on what tells the training's
subjects apart; fitted anew, the same features answer better (last layer retraining, arXiv 2204.02937; measured in
dev/log).
"""

import logging
from collections.abc import Callable, Sequence

import numpy as np
import torch
from lightning.fabric import Fabric
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from leukolens.research.augment.batches import add_noise, desaturate, generator, to_rgb
from leukolens.research.augment.sampling import area_matched_weights, even_weights
from leukolens.research.data.cell import labels_of
from leukolens.research.data.store import CellStore
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.settings import TrainSettings

log = logging.getLogger(__name__)

View = Callable[[Tensor, torch.Generator], Tensor]
"""(N, 3, H, W) 0–255 and what it may draw from → the same, disturbed."""
_AT_ONCE = 32


def refit(
    network: CellNetwork, store: CellStore, rows: Sequence[int], settings: TrainSettings, *, fabric: Fabric
) -> None:
    """Give `network` the last layer that fits the rows' images best, each in every one of `views`.

    Subjects weigh alike in their class; half of the weight is matched for the cells' areas besides
    (`augment.sampling.area_matched_weights`).
    """
    cells = [store.cells[row] for row in rows]
    labels, subjects = labels_of(cells), [str(cell.subject) for cell in cells]
    areas = store.areas[list(rows)].astype(np.float64)
    even, matched = even_weights(labels, subjects).numpy(), area_matched_weights(labels, subjects, areas).numpy()
    weights = even / even.sum()
    if matched.any():  # else no size is of both classes
        weights = weights + matched / matched.sum()
    seen = views(settings)
    features = np.concatenate([pooled(network, store, rows, fabric, view=view) for view in seen])
    weight, offset = fitted(features, np.tile(labels, len(seen)), np.tile(weights, len(seen)), shrinkage=settings.refit)
    network.read_by(torch.from_numpy(weight).float(), offset)
    log.info(f"last layer fitted anew on {len(features)} images of {len(set(subjects))} subjects")


def views(settings: TrainSettings) -> list[View]:
    """Clean; then what the recipe disturbs images with, at its strongest: noise and no saturation.

    On clean images alone the layer leans on fine detail: noise of σ 10 then left a sensitivity of .01, measured.
    """
    found: list[View] = [lambda rgb, _: rgb]
    sigma = max(settings.noise, default=0.0)
    if sigma:
        found.append(lambda rgb, draw: add_noise(rgb, torch.full((len(rgb),), sigma, device=rgb.device), draw))
    change = settings.augmentation
    if change is not None and change.grey:
        found.append(lambda rgb, _: desaturate(rgb, torch.ones(len(rgb), dtype=torch.bool, device=rgb.device)))
    return found


@torch.no_grad()
def pooled(
    network: CellNetwork, store: CellStore, rows: Sequence[int], fabric: Fabric, *, view: View
) -> NDArray[np.float64]:
    """(N, F) features of the rows' images, at inference and in float32: so will the exported model see them."""
    network.eval()
    pixels, found = torch.from_numpy(np.array(store.pixels[list(rows)])), []
    for start in range(0, len(rows), _AT_ONCE):
        here = torch.arange(start, min(start + _AT_ONCE, len(rows)))
        rgb = view(to_rgb(pixels, here, fabric.device), generator(fabric.device, start))
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

"""Supervised contrastive learning of the features before the training: cells of one class come near to each other.

arXiv 2004.11362, its L_out, on a sphere of 128 dimensions; the layer that leads onto the sphere is thrown away. Over
five seeds its features carry over a little better, by no more than a seed does (dev/log, 30 November 2026).
"""

import logging
import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from lightning.fabric import Fabric
from torch import Tensor, nn

from leukolens.base.errors import Diverged
from leukolens.base.progress import track
from leukolens.research.augment.batches import Batches
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.train.depthwise import strided_in_float

log = logging.getLogger(__name__)

_BATCH = 64
"""Images a step: each is compared with all others of its batch."""
_DIMENSIONS = 128
_RATE = 5e-4
_WARMTH = 0.1
"""What the cosines are divided by; the paper's own value."""


def contrast(network: CellNetwork, batches: Batches, *, epochs: int, fabric: Fabric) -> None:
    """Train the features of `network` in place. Raises Diverged when the loss is no number.

    batches: as the training takes them, in batches of 64 here. Several devices each do all of it, alike. It is not
    resumed: what is cut begins again, in minutes.
    """
    large = replace(batches, settings=replace(batches.settings, batch=_BATCH, mixup=0.0), rank=0, world=1)
    with torch.random.fork_rng():
        torch.manual_seed(batches.settings.seed)
        sphere = nn.Linear(network.dense.in_features, _DIMENSIONS)
    sphere.to(fabric.device, network.dense.weight.dtype)
    network.to(fabric.device).to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.Adam([*network.parameters(), *sphere.parameters()], _RATE, eps=1e-7)
    for number in range(1, epochs + 1):
        total = 0.0
        shown = track(f"contrast {number}", large.steps() * _BATCH, unit="images", every=120)
        with strided_in_float(network), shown as advance:
            for rgb, labels in large.epoch(number):
                with fabric.autocast():
                    pooled = network.pooled(rgb)
                loss = contrastive_loss(F.normalize(sphere(pooled.to(sphere.weight.dtype)), dim=1), labels)
                optimiser.zero_grad()
                torch.autograd.backward(loss)
                optimiser.step()
                total += float(loss.detach())
                advance(len(labels))
        if not math.isfinite(total):
            reason = f"the contrast diverged: its loss in epoch {number} is {total}"
            raise Diverged(reason, hint="Train without it: --set contrast=0")
        log.info(f"contrast {number:>3}/{epochs}  loss {total / max(1, large.steps()):.3f}")


def contrastive_loss(places: Tensor, labels: Tensor) -> Tensor:
    """places: (B, D) on the unit sphere. labels: (B,). Mean over cells of the mean over their partners, nats."""
    alike = places @ places.T / _WARMTH
    alone = torch.eye(len(labels), dtype=torch.bool, device=places.device)
    share = alike - torch.logsumexp(alike.masked_fill(alone, -torch.inf), dim=1, keepdim=True)
    partners = (labels[:, None] == labels) & ~alone
    return -(share * partners).sum(1).div(partners.sum(1).clamp(min=1)).mean()

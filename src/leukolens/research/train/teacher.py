"""A model that teaches: its answers to the very images of a batch become labels, beside the cells' own.

Distillation, arXiv 1503.02531: how sure a larger network is of an image says more than the class alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from leukolens.base.errors import RunError
from leukolens.model.network_file import NetworkFile
from leukolens.research.augment.batches import Batches

WARMTH = 2.0
"""What the teacher's log-odds are divided by; above 1 so that it does not only repeat the labels of cells it knows."""
OWN = 0.3
"""Share of the cell's own label."""


@dataclass(frozen=True, kw_only=True)
class Taught(Batches):
    """Batches whose labels are shares, mostly the teacher's."""

    teacher: NetworkFile

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """As of `Batches`; labels (B, 2) float."""
        for rgb, targets in super().epoch(number):
            logit = self.teacher.scores(np.ascontiguousarray(rgb.cpu().numpy())).logit
            yield rgb, softened(targets, torch.from_numpy(logit).to(rgb.device))


def softened(targets: Tensor, logit: Tensor) -> Tensor:
    """targets: (B,) classes or (B, 2) shares of them; logit: (B,) the teacher's log-odds of ALL → (B, 2) shares."""
    p_all = torch.sigmoid(logit / WARMTH)
    own = targets if targets.is_floating_point() else F.one_hot(targets, 2).float()
    return OWN * own + (1 - OWN) * torch.stack([1 - p_all, p_all], dim=1)


def taught(batches: Batches, teacher: NetworkFile) -> Taught:
    """The same batches, taught. Raises RunError where the teacher does not see cells as they show them."""
    mine, its = batches.settings.preprocess, teacher.card.preprocess
    if mine != its:
        told = f"sees cells of {its.crop} px at {its.size}, and this training {mine.crop} px at {mine.size}"
        raise RunError(
            told, path=teacher.path, hint=f"Give --set preprocess.crop={its.crop} preprocess.size={its.size}"
        )
    return Taught(**{one.name: getattr(batches, one.name) for one in fields(batches)}, teacher=teacher)

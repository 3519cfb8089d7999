"""Sampling weights: how much each cell counts, so that neither a patient with many cells nor the size of cells decides.

Patient 51 alone is a fifth of fold 1, and HEM cells are small in folds 0 and 1.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def even_weights(labels: NDArray[np.int64], subjects: Sequence[str]) -> Tensor:
    """(N,) so that each class, and within it each subject, is drawn alike. labels: (N,) 0 HEM, 1 ALL."""
    groups = list(zip(labels.tolist(), subjects, strict=True))
    cells, subjects_of = Counter(groups), Counter(label for label, _ in set(groups))
    return torch.tensor([1 / (cells[group] * subjects_of[group[0]]) for group in groups], dtype=torch.float64)


def area_matched_weights(labels: NDArray[np.int64], subjects: Sequence[str], areas: NDArray[np.float64]) -> Tensor:
    """(N,) as `even_weights`, and so that both classes are drawn alike from every tenth of the areas.

    In C-NMC's folds 0 and 1 HEM cells are small. Where the drawn areas are alike, size cannot be what is learnt. From a
    tenth in which a class has few cells as few are drawn of the other; where it has none, none.
    """
    weights = even_weights(labels, subjects).numpy()
    place = np.searchsorted(np.quantile(areas, np.arange(1, 10) / 10), areas, side="right")
    cells = np.stack([np.bincount(place, weights * (labels == label), 10) for label in (0, 1)])
    shares = cells / cells.sum(axis=1, keepdims=True)
    own = np.where(labels == 1, shares[1][place], shares[0][place])
    return torch.from_numpy(weights * shares.min(axis=0)[place] / own)

"""Test noise: Gaussian per pixel and channel, on the 0–255 scale, clipped (Makem et al. 2025 §3.7)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def with_noise(rgb: NDArray[np.float32], rows: Sequence[int], *, sigma: float, seed: int) -> NDArray[np.float32]:
    """rgb: (N, 3, H, W) float32, 0–255. Returns the same with noise of `sigma`.

    rows: each image's number in the dataset. An image's noise depends on (seed, σ, row) alone: not on the batch, nor on
    which other images are tested.
    """
    if sigma == 0:
        return rgb
    noisy = np.empty_like(rgb)
    for place, row in enumerate(rows):
        random = np.random.default_rng([seed, round(sigma * 1000), row])
        noisy[place] = rgb[place] + sigma * random.standard_normal(rgb[place].shape, np.float32)
    return np.clip(noisy, 0, 255, out=noisy)

"""Test cells as another microscope, camera or stain would give them: what a model's answer should not hang on.

Each change takes and gives (N, 3, H, W) float32, 0–255 RGB, as the network sees a cell; black background stays black
where the change is one of the cell's colour.
"""

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom

from leukolens.research.augment.appearance import restain
from leukolens.research.evaluate.answers import Change, Rgb
from leukolens.research.evaluate.noise import with_noise


def grey(rgb: Rgb) -> Rgb:
    """HSV saturation 0: the paper's copies, which it makes of HEM cells only."""
    return np.asarray(np.repeat(rgb.max(axis=1, keepdims=True), 3, axis=1), np.float32)


def brighter(rgb: Rgb, factor: float) -> Rgb:
    """Values times `factor`, clipped."""
    return np.asarray(np.clip(rgb * np.float32(factor), 0, 255), np.float32)


def restained(rgb: Rgb, factors: tuple[float, float, float]) -> Rgb:
    """Haematoxylin, eosin and DAB densities times `factors`."""
    return np.asarray(restain(torch.from_numpy(rgb), factors).numpy())


def blurred(rgb: Rgb, sigma: float) -> Rgb:
    """Gaussian blur of `sigma` px at the network's resolution, the outline included, as out of focus."""
    return np.asarray(gaussian_filter(rgb, (0, 0, sigma, sigma)), np.float32)


def compressed(rgb: Rgb, quality: int) -> Rgb:
    """Saved as JPEG and read back."""
    found = np.empty_like(rgb)
    for place, image in enumerate(rgb):
        file = io.BytesIO()
        Image.fromarray(image.transpose(1, 2, 0).round().astype(np.uint8)).save(file, "JPEG", quality=quality)
        found[place] = np.asarray(Image.open(file).convert("RGB"), np.float32).transpose(2, 0, 1)
    return found


def resized(rgb: Rgb, factor: float) -> Rgb:
    """The cell larger or smaller in an image of the same size, as under another magnification."""
    side = rgb.shape[2]
    changed = np.clip(zoom(rgb, (1, 1, factor, factor), order=1), 0, 255).astype(np.float32)
    found = np.zeros_like(rgb)
    inner = changed.shape[2]
    cut, put = max(0, (inner - side) // 2), max(0, (side - inner) // 2)
    size = min(side, inner)
    found[:, :, put : put + size, put : put + size] = changed[:, :, cut : cut + size, cut : cut + size]
    return found


def noisy(sigma: float) -> Change:
    """Gaussian noise, of each cell its own."""
    return lambda rgb, rows: with_noise(rgb, rows, sigma=sigma, seed=0)


def _alike(change: Callable[..., Rgb], *values: object) -> Change:
    """One change for all cells."""
    return lambda rgb, _: change(rgb, *values)


CONDITIONS: dict[str, Change] = {
    "as they are": lambda rgb, _: rgb,
    "without saturation": _alike(grey),
    **{f"brightness × {factor:g}": _alike(brighter, factor) for factor in (0.6, 0.8, 1.25, 1.6)},
    "haematoxylin × 0.8": _alike(restained, (0.8, 1.0, 1.0)),
    "haematoxylin × 1.25": _alike(restained, (1.25, 1.0, 1.0)),
    "eosin × 0.8": _alike(restained, (1.0, 0.8, 1.0)),
    "eosin × 1.25": _alike(restained, (1.0, 1.25, 1.0)),
    **{f"blur σ {sigma:g} px": _alike(blurred, sigma) for sigma in (1, 2)},
    **{f"JPEG quality {quality}": _alike(compressed, quality) for quality in (75, 30)},
    **{f"size × {factor:g}": _alike(resized, factor) for factor in (0.8, 0.9, 1.1, 1.25)},
    **{f"noise σ {sigma:g}": noisy(sigma) for sigma in (5, 10)},
}
"""By name, in the order of the table."""

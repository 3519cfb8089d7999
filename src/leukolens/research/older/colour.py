"""Regions → moments of their colours, and first-order statistics of their grey levels.

Colour in RGB, HSV and L*a*b* as in Rawat et al. 2015 and El Houby 2018; the statistics as in Mohammed & Abdulla 2021
(Haralick's first-order set: mean, variance, skewness, kurtosis, energy, entropy).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2hsv, rgb2lab

from leukolens.research.older.regions import Regions

_CHANNELS = ("red", "green", "blue", "hue", "saturation", "value", "lightness", "a", "b")
_FLAT = 1e-10
"""A variance below this is rounding, not variation."""


def colour_features(regions: Regions) -> dict[str, float]:
    """'colour.': mean, deviation and skewness of nine channels in cell, nucleus and cytoplasm (cell less nucleus).

    RGB and HSV in 0–1, L*a*b* in its own units. Where there is no cytoplasm its figures are 0.
    """
    pixels = regions.rgb[regions.cell]
    planes = np.ascontiguousarray(pixels.T, np.float32) / 255  # (3, M): reductions along a channel are quick
    channels = np.concatenate([planes, rgb2hsv(planes, channel_axis=0), rgb2lab(planes, channel_axis=0)])
    nucleus = regions.nucleus[regions.cell]
    found: dict[str, float] = {}
    for region, inside in {"cell": np.ones_like(nucleus), "nucleus": nucleus, "cytoplasm": ~nucleus}.items():
        mean, deviation, skewness, _ = _moments(channels.compress(inside, axis=1))
        for place, channel in enumerate(_CHANNELS):
            found[f"colour.{region}_{channel}_mean"] = float(mean[place])
            found[f"colour.{region}_{channel}_std"] = float(deviation[place])
            found[f"colour.{region}_{channel}_skew"] = float(skewness[place])
    return found


def statistics_features(regions: Regions) -> dict[str, float]:
    """'statistics.': of the grey levels 0–255 in cell and nucleus. Kurtosis is 0 for a normal distribution."""
    found: dict[str, float] = {}
    for region, mask in {"cell": regions.cell, "nucleus": regions.nucleus}.items():
        levels = regions.grey[mask]
        mean, deviation, skewness, kurtosis = _moments(levels[None].astype(np.float64))
        share = np.bincount(levels, minlength=256) / len(levels)
        here = share[share > 0]
        found[f"statistics.{region}_mean"] = float(mean[0])
        found[f"statistics.{region}_variance"] = float(deviation[0] ** 2)
        found[f"statistics.{region}_skewness"] = float(skewness[0])
        found[f"statistics.{region}_kurtosis"] = float(kurtosis[0])
        found[f"statistics.{region}_energy"] = float((share**2).sum())
        found[f"statistics.{region}_entropy"] = float(-(here * np.log2(here)).sum())
    return found


def _moments(values: NDArray[Any]) -> NDArray[np.float64]:
    """Mean, deviation, skewness and excess kurtosis (4, C) of values (C, M); zeros where M is 0."""
    if not values.shape[1]:
        return np.zeros((4, len(values)))
    mean = values.mean(axis=1)
    apart = values - mean[:, None]
    squares = apart * apart  # apart**3 is ten times as slow: NumPy takes the general power
    variance = squares.mean(axis=1)
    scale = np.where(variance < _FLAT, 1.0, variance)
    skewness = (squares * apart).mean(axis=1) / scale**1.5
    kurtosis = (squares * squares).mean(axis=1) / scale**2 - 3
    return np.array([mean, np.sqrt(variance), skewness, np.where(variance < _FLAT, 0.0, kurtosis)], np.float64)

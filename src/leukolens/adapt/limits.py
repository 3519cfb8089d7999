"""A laboratory's cells → from where to where a picture is taken for one of its own: hue, size, detail, features."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from leukolens.adapt.seen import GREY
from leukolens.cells.quality import Quality, QualityLimits
from leukolens.model.distance import FeatureReference, at_level

_BEYOND = 0.1
"""By which share a limit that is widened lies beyond the outermost cell."""


def renewed(limits: QualityLimits, seen: Sequence[Quality]) -> QualityLimits:
    """limits: of the parent. seen: the laboratory's cells, two at least.

    The hues are the laboratory's alone, a standard deviation beyond its outermost cells: the model is for its stain. Of
    size, detail and strength of colour twenty cells tell too little to narrow a limit, so these are only widened.
    """
    hues = np.array([one.hue for one in seen])
    beyond = float(hues.std(ddof=1))
    areas = [one.area for one in seen]
    return replace(
        limits,
        saturation=min(limits.saturation, max(GREY, (1 - _BEYOND) * min(one.saturation for one in seen))),
        lowest_hue=max(0.0, math.floor(hues.min() - beyond)),
        highest_hue=min(360.0, math.ceil(hues.max() + beyond)),
        smallest_area=min(limits.smallest_area, round((1 - _BEYOND) * min(areas))),
        largest_area=max(limits.largest_area, round((1 + _BEYOND) * max(areas))),
        sharpness=min(limits.sharpness, (1 - _BEYOND) * min(one.sharpness for one in seen)),
        grain=max(limits.grain, (1 + _BEYOND) * max(one.grain for one in seen)),
    )


def moved(reference: FeatureReference, features: NDArray[np.float32], part: NDArray[np.int64]) -> FeatureReference:
    """The parent's reference around the laboratory's own mean, with a limit beyond its held-out cells.

    features: (N, F) of the laboratory's cells. part: (N,) what is left out together. The directions and deviations stay
    the parent's: a few dozen cells do not tell a thousand of them.
    """
    held_out = features.astype(np.float64)
    for left_out in np.unique(part):
        mine = part == left_out
        held_out[mine] -= features[~mine].mean(axis=0, dtype=np.float64)
    mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    found = at_level(replace(reference, mean=mean), (held_out + mean).astype(np.float32))
    return replace(found, limit=(1 + _BEYOND) * found.limit)

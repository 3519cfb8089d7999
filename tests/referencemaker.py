"""References of features for tests."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from leukolens.model.distance import FeatureReference


def between(reference: FeatureReference, features: NDArray[np.float32]) -> FeatureReference:
    """The reference with a limit between the two middle cells, so that no cell stands at the very limit."""
    middle = len(features) // 2
    return replace(reference, limit=float(np.sort(reference.distance(features))[middle - 1 : middle + 1].mean()))

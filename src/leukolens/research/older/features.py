"""One cell image → its named features, 'group.name'. The groups: shape, zack, colour, statistics, glcm, lbp, dct.

About 45 ms a cell of C-NMC's size on one core of a busy machine; a third of it are the convex hulls, a quarter the LBP.
Nothing is downsampled but the pixels that k-means' centres are fitted on; all is measured on the cell's bounding box.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukolens.research.older.colour import colour_features, statistics_features
from leukolens.research.older.regions import find_regions
from leukolens.research.older.shape import shape_features
from leukolens.research.older.texture import dct_features, glcm_features, lbp_features

VERSION = 1
"""Of the features' definitions; a table cached under another is measured anew."""


def cell_features(rgb: NDArray[np.uint8], *, name: Path | str) -> dict[str, float]:
    """Measure one cell; nothing here is random.

    rgb: (H, W, 3) uint8 RGB, segmented, the background exactly black. The names and their order are the same for every
    cell, the values finite. Raises ImageError, naming `name`, where there is no cell.
    """
    regions = find_regions(rgb, name=name)
    return (
        shape_features(regions)
        | colour_features(regions)
        | statistics_features(regions)
        | glcm_features(regions)
        | lbp_features(regions)
        | dct_features(regions)
    )

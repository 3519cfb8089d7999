"""Region → its shape: the measures that Mohapatra & Patra 2010, Putzu et al. 2014, Rawat et al. 2015, El Houby 2018 and
Mohammed & Abdulla 2021 share, by scikit-image. Moments: Hu 1962; perimeter: Crofton's, four directions.
"""

from collections.abc import Iterator

import numpy as np
from skimage.measure import perimeter_crofton, regionprops

from leukolens.research.older.regions import Mask, Regions

_NO_MOMENT = 1e-12
"""Added before the logarithm: the higher moments of a round cell vanish."""


def shape_features(regions: Regions) -> dict[str, float]:
    """'shape.' for the cell and its k-means nucleus, 'zack.' for the nucleus by threshold. Lengths in px."""
    masks = {
        "shape.cell": regions.cell,
        "shape.nucleus": regions.nucleus,
        "zack.nucleus": regions.zack_nucleus,
    }
    found = {f"{region}_{name}": value for region, mask in masks.items() for name, value in _measures(mask)}
    found["shape.nucleus_cell_ratio"] = found["shape.nucleus_area"] / found["shape.cell_area"]
    found["zack.nucleus_cell_ratio"] = found["zack.nucleus_area"] / found["shape.cell_area"]
    return found


def _measures(mask: Mask) -> Iterator[tuple[str, float]]:
    region = regionprops(mask.astype(np.uint8))[0]
    area, perimeter = float(region.area), float(region.perimeter_crofton)
    major, minor = float(region.axis_major_length), max(float(region.axis_minor_length), 1.0)
    yield "area", area
    yield "perimeter", perimeter
    yield "circularity", 4 * np.pi * area / perimeter**2
    yield "eccentricity", float(region.eccentricity)
    yield "solidity", float(region.solidity)
    yield "extent", float(region.extent)
    yield "elongation", 1 - minor / major
    yield "axis_ratio", major / minor
    yield "convexity", float(perimeter_crofton(region.image_convex)) / perimeter
    for number, moment in enumerate(region.moments_hu, start=1):
        # the sign only tells a cell from its mirror image, which means nothing on a slide
        yield f"hu{number}", float(np.log10(abs(moment) + _NO_MOMENT))

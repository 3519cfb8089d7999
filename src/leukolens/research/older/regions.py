"""One segmented cell → its pixels, cut to the bounding box, and its nucleus by two methods.

k-means in L*a*b*: Mohapatra & Patra 2010. The triangle threshold (Zack, Rogers & Latt 1977): Putzu et al. 2014, who
cut whole leukocytes out of a field with it; C-NMC's cells are cut out already, so here it parts the nucleus from the
rest. Those cells are nearly all nucleus: there k-means finds the darker chromatin, the triangle almost the whole cell.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.cluster.vq import kmeans2, vq
from scipy.ndimage import binary_erosion, binary_fill_holes, label, uniform_filter
from skimage.color import rgb2lab
from skimage.filters import threshold_triangle

from leukolens.base.errors import ImageError

Mask = NDArray[np.bool_]

SMALLEST = 100
"""Pixels; less is no cell (C-NMC's smallest has thousands) and has no shape to measure."""
_FRINGE = 6
"""px of the cell's edge, which the segmentation darkened or paled, that the k-means centres are not fitted on."""
_EVERY = 16
"""The centres are fitted on every 16th pixel: some 2,000 are plenty for two means in three dimensions."""
_MAJORITY = 9
"""px, side of the window whose majority smooths a nucleus."""


@dataclass(frozen=True, kw_only=True)
class Regions:
    """One cell, (h, w) the size of its bounding box."""

    rgb: NDArray[np.uint8]
    """(h, w, 3), black outside the cell."""
    grey: NDArray[np.uint8]
    """(h, w), ITU-R 601 luma."""
    cell: Mask
    """(h, w), not black; holes filled."""
    nucleus: Mask
    """(h, w), by k-means; never empty."""
    zack_nucleus: Mask
    """(h, w), by the triangle threshold; never empty."""


def find_regions(rgb: NDArray[np.uint8], *, name: Path | str) -> Regions:
    """Cut out the one cell of an image and find its nucleus.

    rgb: (H, W, 3) uint8 RGB, the background exactly black. Raises ImageError, naming `name`, where there is no cell.
    """
    lit = (rgb[..., 0] | rgb[..., 1] | rgb[..., 2]) > 0
    count = int(lit.sum())
    if count < SMALLEST:
        raise ImageError(
            f"holds no cell ({count} px are not black)", path=name, hint="Give a segmented cell on black background"
        )
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cut, cell = rgb[box], np.asarray(binary_fill_holes(lit[box]))
    return Regions(
        rgb=cut,
        grey=np.asarray(Image.fromarray(cut).convert("L")),
        cell=cell,
        nucleus=kmeans_nucleus(cut, cell),
        zack_nucleus=triangle_nucleus(cut, cell),
    )


def kmeans_nucleus(rgb: NDArray[np.uint8], cell: Mask) -> Mask:
    """The darker of two clusters of the cell's pixels in L*a*b*; the whole cell where there is one colour only.

    It starts from the pixels at the first and the last tenth of lightness, so it needs no seed and no second try.
    """
    lab = rgb2lab(rgb[cell])
    inner = binary_erosion(cell, iterations=_FRINGE)[cell]
    sample = (lab[inner] if inner.any() else lab)[::_EVERY]
    by_lightness = np.argsort(sample[:, 0], kind="stable")
    start = sample[by_lightness[[len(sample) // 10, len(sample) * 9 // 10]]]
    if np.allclose(*start):
        return cell
    centres, _ = kmeans2(sample, start, minit="matrix", iter=20)
    nearest, _ = vq(lab, centres)
    return _smooth(cell, nearest == np.argmin(centres[:, 0]))


def triangle_nucleus(rgb: NDArray[np.uint8], cell: Mask) -> Mask:
    """Where green, which the stain of the nucleus takes most of, is not above the triangle threshold of the cell."""
    green = rgb[cell][:, 1]
    if green.min() == green.max():
        return cell
    return _smooth(cell, green <= threshold_triangle(green))


def _smooth(cell: Mask, inside: Mask) -> Mask:
    """(h, w) from the verdict on each of the cell's pixels: majority of the neighbours, no holes, the largest piece."""
    drawn = np.zeros(cell.shape, np.float32)
    drawn[cell] = inside
    pieces, count = label(binary_fill_holes(uniform_filter(drawn, _MAJORITY, mode="constant") > 0.5))
    if not count:
        return cell
    return np.asarray((pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])) & cell)

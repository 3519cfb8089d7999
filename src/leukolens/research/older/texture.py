"""Regions → texture of the cell: co-occurrence of grey levels, local binary patterns, low frequencies.

GLCM: Haralick et al. 1973, as Mohapatra & Patra 2010, Putzu et al. 2014, Rawat et al. 2015 and Singhal & Singh 2014 use
it; LBP: Ojala et al. 2002, as Singhal & Singh 2014; DCT: Mohammed & Abdulla 2021. All are measured on the whole cell,
which in C-NMC is nearly all nucleus; k-means' nucleus there is a part of the chromatin and has too ragged an edge.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn
from scipy.ndimage import binary_erosion
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern

from leukolens.research.older.regions import Mask, Regions

DISTANCES = (1, 2, 4, 8)
"""px between the two pixels of a pair."""
_ANGLES = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
_PROPERTIES = ("contrast", "dissimilarity", "homogeneity", "energy", "ASM", "correlation")
_LEVELS = 64
"""Grey levels of the GLCM, four of the original each; fixed, not stretched, so that two cells compare."""
_NEIGHBOURS = {1: 8, 2: 16}
"""LBP radius in px → points on the circle."""
_FRAME = 450
"""px, the square in which the cell is centred for the DCT: C-NMC's image, so that its size counts too."""
_COEFFICIENTS = 20


def glcm_features(regions: Regions) -> dict[str, float]:
    """'glcm.': six properties at four distances, each the mean over four angles: a cell on a slide has no top."""
    # level 0 is the background; cutting its row and column leaves only pairs that lie in the cell
    levels = np.where(regions.cell, regions.grey // (256 // _LEVELS) + 1, 0).astype(np.uint8)
    pairs = graycomatrix(levels, DISTANCES, _ANGLES, levels=_LEVELS + 1, symmetric=True)[1:, 1:]
    found: dict[str, float] = {}
    for name in _PROPERTIES:
        means = graycoprops(pairs, name).mean(axis=1)  # graycoprops makes pairs to shares
        found |= {f"glcm.{name.lower()}_d{d}": float(mean) for d, mean in zip(DISTANCES, means, strict=True)}
    return found


def lbp_features(regions: Regions) -> dict[str, float]:
    """'lbp.': shares of the rotation-invariant uniform patterns; the last bin of a radius holds all the others."""
    found: dict[str, float] = {}
    for radius, points in _NEIGHBOURS.items():
        codes = local_binary_pattern(regions.grey, points, radius, method="uniform").astype(np.int64)
        counts = np.bincount(codes[_inner(regions.cell, radius)], minlength=points + 2)
        shares = counts / max(int(counts.sum()), 1)
        found |= {f"lbp.r{radius}_{place:02d}": float(share) for place, share in enumerate(shares)}
    return found


def _inner(cell: Mask, radius: int) -> Mask:
    """The pixels whose whole circle lies in the cell: black neighbours would draw an edge that is not there."""
    return np.asarray(binary_erosion(cell, np.ones((3, 3), bool), iterations=radius))


def dct_features(regions: Regions) -> dict[str, float]:
    """'dct.': the first coefficients in zig-zag order of the grey cell, centred on black; orthonormal, grey in 0–1."""
    height, width = regions.grey.shape
    side = max(_FRAME, height, width)
    frame = np.zeros((side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    frame[top : top + height, left : left + width] = regions.grey / np.float32(255)
    coefficients: NDArray[np.float32] = dctn(frame, norm="ortho")
    return {f"dct.{n:02d}": float(coefficients[place]) for n, place in enumerate(zigzag(_COEFFICIENTS))}


def zigzag(count: int) -> list[tuple[int, int]]:
    """The first places (row, column) of JPEG's order: (0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), …"""
    places = [(row, diagonal - row) for diagonal in range(count) for row in range(diagonal + 1)]
    places.sort(key=lambda place: (sum(place), place[0] if sum(place) % 2 else place[1]))
    return places[:count]

"""What the picture's edge leaves of a white cell: too little for the finder, yet a reader sees its nucleus' stain.

Told by colour alone, in the picture's own terms: nuclei of the white cells that were found in it against everything
else that takes the stain, by Fisher's linear discriminant. Where the two are too alike, nothing is said.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.stain import Density

Mask = NDArray[np.bool_]
_BAND = 12
"""px of the view, 3.75 µm: of more than that the finder knows."""
_STAINED = 0.15
"""Green density, natural logarithm: less is empty slide."""
_LEAST = 3.0
"""µm²."""
_FEWEST = 100
"""px of nuclei, and of the rest, that teach the difference at least."""
_MOST = 100_000
"""px of each that do, evenly from all: a slide's tile has millions."""
_APART = 3.0
"""Standard deviations between the two, at least."""


def remains(density: Density, nuclei: Mask, known: Mask, *, um_per_px: float) -> list[tuple[Mask, float]]:
    """Each (H, W) mask of such a part, and 0–1 how like a nucleus it is; 0.5 is half-way from the rest.

    density: (H, W, 3). nuclei: (H, W) of whole white cells. known: (H, W) what the finder has outlined, with a margin.
    """
    rest = (density[..., 1] > _STAINED) & ~known
    if min(np.count_nonzero(nuclei), np.count_nonzero(rest)) < _FEWEST:
        return []
    of_nuclei, of_rest = _some(density[nuclei]), _some(density[rest])
    middle, difference = (of_nuclei.mean(0) + of_rest.mean(0)) / 2, of_nuclei.mean(0) - of_rest.mean(0)
    scatter = np.cov(of_nuclei.T) * len(of_nuclei) + np.cov(of_rest.T) * len(of_rest)
    weight = np.linalg.solve(scatter / (len(of_nuclei) + len(of_rest)) + 1e-4 * np.eye(3), difference)
    apart = float(weight @ difference)
    if apart < _APART**2:
        return []
    likeness = density @ (weight / apart).astype(np.float32) - np.float32(middle @ weight / apart)
    part = rest & (likeness > 0)
    part[_BAND:-_BAND, _BAND:-_BAND] = False
    small = cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, numbers, statistics, _ = cv2.connectedComponentsWithStats(small)
    height, width = part.shape
    found = []
    for number, (x, y, across, down, area) in enumerate(statistics):
        at_edge = min(x, y, width - x - across, height - y - down) <= 1
        if number and at_edge and area * um_per_px**2 >= _LEAST:
            mine = numbers == number
            found.append((mine, float(np.clip(0.5 + likeness[mine].mean(), 0, 1))))
    return found


def _some(densities: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, 3) → at most about _MOST of them."""
    return densities[:: max(1, len(densities) // _MOST)].astype(np.float64)

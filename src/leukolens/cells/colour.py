"""A case's stain → C-NMC's, the one that the model knows: one map for all cells that were stained together.

Statistics matched as Reinhard et al. (IEEE CG&A 2001) do, but in optical density, where a stain is a sum. By field, or
better by case, and never by cell: how dark and how blue one cell is beside its neighbours tells blast from lymphocyte,
and a map of its own would wash that out. One slide is stained once, so its fields share a map.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukolens.cells.stain import Light, Rgb, optical_density


@dataclass(frozen=True, kw_only=True)
class CellColour:
    """The optical density of some cells' pixels, as sums: of two fields they add up."""

    pixels: int
    total: tuple[float, float, float]
    """Sum of densities, RGB."""
    squares: tuple[float, float, float]
    """Sum of their squares."""

    @property
    def mean(self) -> NDArray[np.float64]:
        """(3,)."""
        return np.array(self.total) / max(self.pixels, 1)

    @property
    def deviation(self) -> NDArray[np.float64]:
        """(3,), at least 0.02."""
        variance = np.array(self.squares) / max(self.pixels, 1) - self.mean**2
        return np.sqrt(np.maximum(variance, 0.0004))


WHITE = Light(colour=(255.0, 255.0, 255.0), share=1.0)
"""C-NMC's cells are normalised already; their empty slide was cut away."""


CNMC = CellColour(
    pixels=4_075_778,
    total=(5_377_859.0, 8_882_852.2, 4_761_448.6),
    squares=(7_387_795.6, 19_807_123.4, 5_798_298.4),
)
"""What a field is brought to: every 60th cell of C-NMC's folds 0 and 1, in WHITE's light (`studies/cell_colour.py`)."""


def colour_of(cut_outs: Iterable[Rgb], light: Light) -> CellColour:
    """cut_outs: each (450, 450, 3) on black, all from pictures with this light."""
    pixels, total, squares = 0, np.zeros(3), np.zeros(3)
    for image in cut_outs:
        density = optical_density(image[image.any(2)][None], light)[0].astype(np.float64)
        pixels += len(density)
        total += density.sum(0)
        squares += (density**2).sum(0)
    return CellColour(pixels=pixels, total=_three(total), squares=_three(squares))


def together(colours: Iterable[CellColour]) -> CellColour:
    """A case's, from its fields'."""
    each = list(colours)
    return CellColour(
        pixels=sum(one.pixels for one in each),
        total=_three(np.sum([one.total for one in each], axis=0)),
        squares=_three(np.sum([one.squares for one in each], axis=0)),
    )


def _three(values: NDArray[np.float64]) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def brought(image: Rgb, light: Light, colour: CellColour, reference: CellColour) -> NDArray[np.uint8]:
    """image: (450, 450, 3) on black, from a picture with this light; colour: its case's. Black stays black."""
    inside = image.any(2)
    density = optical_density(image[inside][None], light)[0]
    density = (density - colour.mean) / colour.deviation * reference.deviation + reference.mean
    out = np.zeros_like(image)
    out[inside] = np.clip(np.round(255 * np.exp(-np.maximum(density, 0))), 1, 255)
    return out

"""Generated cells in C-NMC's layout, so that the whole pipeline runs where the real ones are not.

They look like segmented, stained lymphoid cells on black and overlap as the real classes do, but they are drawn, not
photographed: a metric measured on them says nothing about leukemia. Sizes follow the C-NMC means (area 36,959 px for
ALL, 25,765 px for HEM); a subject has its own size and stain, so that subjects can be told apart, as real ones can.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukolens.base import atomic
from leukolens.base.errors import OutputError
from leukolens.base.progress import track
from leukolens.images.cnmc_names import LABELS, Label

SIDE = 450
"""px, as C-NMC."""
_RADIUS = {"all": 104.0, "hem": 90.0}  # px
_CLUMPING = {"all": 0.10, "hem": 0.20}  # contrast of the chromatin: even in blasts, clumped in normal cells
_BUMPS = 26  # chromatin clumps across the image
_STAIN = np.array([68.0, 29.0, 79.0])  # RGB of a stain-normalised C-NMC nucleus, the mean over fold 0
_OF_SUBJECT, _OF_CELL = (
    3.0,
    2.0,
)  # deviations of the stain; wider, and some hues lie outside C-NMC's (docs/results/refusal.md)
_PALER = np.array([4.0, 10.0, 10.0])  # how much paler the thin rim of cytoplasm is


@dataclass(frozen=True, kw_only=True)
class PhantomSettings:
    """How many to draw."""

    folds: int = 2
    subjects: int = 4
    """Of each class in each fold."""
    cells: int = 15
    """Of each subject."""
    seed: int = 0


def write_phantoms(dest: Path, settings: PhantomSettings) -> int:
    """Draw cells into dest/fold_K/{all,hem}/UID_….bmp; return how many. Raises OutputError if `dest` is not empty."""
    if dest.exists() and (not dest.is_dir() or any(dest.iterdir())):
        raise OutputError("is not an empty folder", path=dest, hint="Give another one")
    total = settings.folds * len(LABELS) * settings.subjects * settings.cells
    with atomic.place_folder(dest) as folder, track("drawing cells", total, unit="cells") as advance:
        for name, rgb in phantoms(settings):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb).save(folder / name, "BMP")
            advance(1)
    return total


def phantoms(settings: PhantomSettings) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield (path below the dataset, (450, 450, 3) uint8 RGB)."""
    for fold in range(settings.folds):
        for place, label in enumerate(LABELS):
            for number in range(settings.subjects):
                subject = f"{'H' if label == 'hem' else ''}{1 + fold * settings.subjects + number}"
                random = np.random.default_rng([settings.seed, fold, place, number])
                size, stain = random.normal(1, 0.06), random.normal(0, _OF_SUBJECT, 3)
                for cell in range(1, settings.cells + 1):
                    name = f"fold_{fold}/{label}/UID_{subject}_{(cell + 4) // 5}_{cell}_{label}.bmp"
                    yield name, draw_cell(label, random, size=size, stain=stain)


def draw_cell(
    label: Label, random: np.random.Generator, *, size: float = 1.0, stain: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """One cell, (450, 450, 3) uint8 RGB on black. size: factor of the radius; stain: (3,) added to the colour."""
    across, down = np.meshgrid(np.arange(SIDE) - SIDE / 2, np.arange(SIDE) - SIDE / 2)
    angle, distance = np.arctan2(down, across), np.hypot(across, down)
    radius = _RADIUS[label] * size * random.normal(1, 0.07)
    cell_edge = radius * _outline(angle, random, roughness=0.05)
    nucleus_edge = cell_edge * random.normal(0.98 if label == "all" else 0.96, 0.01)
    clumping = max(0.03, random.normal(_CLUMPING[label], 0.03))
    fine = _texture(110, random)
    colour = _STAIN + (0 if stain is None else stain) + random.normal(0, _OF_CELL, 3)
    shade = (1 + clumping * _texture(_BUMPS, random) + 0.03 * fine)[..., None]
    rgb = np.where((distance > nucleus_edge)[..., None], 1.3 * colour + _PALER, colour * shade)
    rgb = np.clip(rgb, 1, 255) * (distance <= cell_edge)[..., None]
    return np.asarray(rgb, np.uint8)


def _outline(angle: NDArray[np.float64], random: np.random.Generator, *, roughness: float) -> NDArray[np.float64]:
    """A closed smooth contour: a circle with a few low harmonics."""
    edge = np.ones_like(angle)
    for harmonic in range(2, 7):
        edge += random.normal(0, roughness / (harmonic - 1)) * np.cos(harmonic * angle + random.uniform(0, 2 * np.pi))
    return edge


def _texture(grid: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Smooth noise with `grid` bumps across the image, mean 0, deviation 1."""
    coarse = Image.fromarray(random.standard_normal((grid, grid)).astype(np.float32))
    field = np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float64)
    return np.asarray((field - field.mean()) / field.std())

"""Why the cells of a picture are not judged: its scale, its light, its focus, or that it is not a field of a smear.

Limits were set by hand, outside what a dozen fields of each source of docs/results/finding.md showed for light, focus
and flatness. What they hold back has not been measured yet.
"""

import colorsys
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.scale import Scale
from leukolens.cells.shrink import shrunk
from leukolens.cells.stain import Light, Rgb, optical_density

COARSEST = 0.22
"""µm per px. A small lymphocyte is then 41 px across, a quarter of what C-NMC's model was trained on."""
_WORST_ERROR = 0.2
"""Relative. Areas are then off by 40 %, as much as ALL and HEM differ."""
_DARKEST = 60
"""0–255: the empty slide's brightest channel."""
_SMALLEST_LIGHT = 0.05
"""Share of the picture that is as bright as the empty slide."""
_STAINED = 0.15
"""How far the empty slide's green lies below its red and blue: more is stain. Fields of eight sources reach 0.06."""
_SIDE = 800
"""px of the longer side on which focus and flat areas are measured."""
_BLURRED = 0.02
"""Natural logarithm: the steepest 1 % of the density's changes from one px to the next."""
_FLAT = 0.6
"""Share of px that equal their neighbours exactly: a camera never gives that, a screen does."""
_VIGNETTE = 0.12
"""Share of px that are black, all in the corners."""

_HUES = (225.0, 315.0)
"""Degrees. White cells' mean colour in fields of nine sources in Romanowsky stains: 242 to 295."""
_PALEST = 0.15
"""Saturation of that colour, 0–1: below, it is grey. The nine sources: 0.24 to 0.88."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a field's cells are not judged."""

    kind: str
    """'no scale', 'scale', 'too coarse', 'no white cells', 'other stain', 'focus', 'dark', 'not a smear', 'screenshot',
    'vignette'."""
    text: str
    """Follows the file's name: 'is too coarse to be judged (0.35 µm per px, at most 0.22)'."""
    hint: str
    """What to do about it, without a full stop."""


def of_the_scale(scale: Scale | None) -> Iterator[Reason]:
    """None: nothing tells it."""
    if scale is None:
        text = "has no known scale (it shows fewer than two whole red cells)"
        yield Reason(kind="no scale", text=text, hint="Give --um-per-px")
    elif scale.um_per_px > COARSEST:
        text = f"is too coarse to be judged ({scale.um_per_px:.2f} µm per px, {scale.source}; at most {COARSEST})"
        yield Reason(kind="too coarse", text=text, hint="Photograph it again with a stronger objective")
    elif scale.error > _WORST_ERROR:
        text = f"gives its scale only to within {100 * scale.error:.0f} % ({scale.red_cells} red cells)"
        yield Reason(kind="no scale", text=text, hint="Give --um-per-px")


def of_the_stain(density: NDArray[np.floating]) -> Iterator[Reason]:
    """density: (3,) the white cells' mean optical density, before it is brought to the stain that the model knows.

    A map of means and deviations brings anything there, hue and all, so what it cannot rightly bring is told here.
    """
    red, green, blue = (float(value) for value in np.exp(-density))
    hue, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    lowest, highest = _HUES
    hint = "Give films in a Romanowsky stain (May-Grünwald–Giemsa, Wright, Leishman), in the camera's colours"
    if saturation < _PALEST:
        text = f"shows its white cells in grey (saturation {saturation:.2f}, at least {_PALEST})"
        yield Reason(kind="other stain", text=text, hint=hint)
    elif not lowest <= 360 * hue <= highest:
        text = f"has a stain that cannot be brought to the one that the model knows (hue {360 * hue:.0f}°, "
        yield Reason(kind="other stain", text=text + f"{lowest:.0f}–{highest:.0f}°)", hint=hint)


def of_the_picture(rgb: Rgb, light: Light) -> Iterator[Reason]:
    """rgb: (H, W, 3) uint8."""
    small = shrunk(rgb, _SIDE)
    if max(light.colour) < _DARKEST:
        text = f"is too dark (the empty slide has level {max(light.colour):.0f}, at least {_DARKEST})"
        yield Reason(kind="dark", text=text, hint="Turn up the lamp or the exposure")
        return
    black = small.max(2) < 20
    if black[_corners(*black.shape)].mean() > 0.9 and black.mean() > _VIGNETTE:
        text = (
            f"is a round picture on black ({100 * black.mean():.0f} % of it), as taken with a phone through an eyepiece"
        )
        yield Reason(kind="vignette", text=text, hint="Crop it to a rectangle inside the round part")
    if (flat := _flat(small)) > _FLAT:
        text = f"has no camera noise ({100 * flat:.0f} % of its pixels equal their neighbours)"
        yield Reason(kind="screenshot", text=text, hint="Give the picture as the camera wrote it, not a screenshot")
    elif (steep := _steepest(small, light)) < _BLURRED:
        text = f"is out of focus (steepest change {steep:.3f}, at least {_BLURRED})"
        yield Reason(kind="focus", text=text, hint="Focus again")
    red, green, blue = light.colour
    if light.share < _SMALLEST_LIGHT or 1 - green / min(red, blue) > _STAINED:
        text = "shows no empty slide between its cells, like a tissue section or the thick end of a film"
        yield Reason(kind="not a smear", text=text, hint="Give a field where the cells lie apart")


def _corners(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the four corners, a twelfth of the sides each."""
    down, across = max(1, height // 12), max(1, width // 12)
    rows = np.r_[0:down, height - down : height]
    columns = np.r_[0:across, width - across : width]
    return np.ix_(rows, columns)  # type: ignore[return-value]  # two of them


def _flat(small: Rgb) -> float:
    same = (small[1:, 1:] == small[:-1, 1:]).all(2) & (small[1:, 1:] == small[1:, :-1]).all(2)
    bright = small[1:, 1:].max(2) < 254  # clipped white and black are flat in a camera's picture too
    lit = small[1:, 1:].max(2) > 20
    counted = bright & lit
    return float(same[counted].mean()) if counted.any() else 1.0


def _steepest(small: Rgb, light: Light) -> float:
    """The 99th percentile of the density's change a px; red cells' rims give it in every sharp field."""
    density = cv2.GaussianBlur(optical_density(small, light).max(2), (0, 0), 1.0)
    change = np.hypot(cv2.Sobel(density, -1, 1, 0) / 8, cv2.Sobel(density, -1, 0, 1) / 8)
    return float(np.percentile(change, 99))

"""Cells spoiled, cells changed and still cells, and another laboratory's cells: what `studies/refusal.py` judges."""

import io
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_fill_holes, gaussian_filter, shift

from leukolens.cells.parts import find_parts

Rgb = NDArray[np.uint8]
Change = Callable[[Rgb, Rgb], Rgb]
"""(a cell, another) → what becomes of them."""
SIDE = 450
CNMC_MEAN, CNMC_DEVIATION = (68.0, 29.0, 79.0), (12.0, 9.0, 11.0)
"""RGB, means over fold 0 of a cell's mean colour and of the deviation inside it; 'matched' cells get these."""


def grey(rgb: Rgb) -> Rgb:
    return np.asarray(Image.fromarray(rgb).convert("L").convert("RGB"))


def lit(rgb: Rgb) -> NDArray[np.bool_]:
    return np.asarray(rgb.any(axis=2))


def blurred(rgb: Rgb, sigma: float) -> Rgb:
    """The finished image blurred, the cell's edge with it."""
    return np.asarray(np.rint(gaussian_filter(rgb.astype(np.float32), (sigma, sigma, 0))).astype(np.uint8))


def defocused(rgb: Rgb, sigma: float, noise: float = 0.0) -> Rgb:
    """The cell blurred and cut out again, as if it had been out of focus before. noise: σ of the camera's."""
    mask = lit(rgb)[..., None]
    weight = gaussian_filter(mask.astype(np.float32), (sigma, sigma, 0))
    soft = gaussian_filter(rgb.astype(np.float32), (sigma, sigma, 0)) / np.maximum(weight, 1e-3)
    return np.asarray(mask * noisy(np.rint(np.minimum(soft, 255)).astype(np.uint8), noise))


def brightened(rgb: Rgb, factor: float) -> Rgb:
    return np.asarray(np.clip(rgb * factor, 0, 255).astype(np.uint8))


def noisy(rgb: Rgb, sigma: float) -> Rgb:
    """Gaussian, on every pixel, the background too; the same noise for every image."""
    drawn = np.random.default_rng(0).normal(0, sigma, rgb.shape)
    return np.clip(np.rint(rgb + drawn), 0, 255).astype(np.uint8)


def jpeg(rgb: Rgb, quality: int) -> Rgb:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def scaled(rgb: Rgb, factor: float, *, side: int | None = None) -> Rgb:
    """Enlarged or shrunk; side: of the black square that it is then centred on or cut to, default as it comes."""
    size = (round(rgb.shape[1] * factor), round(rgb.shape[0] * factor))
    image = Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR)
    if side is not None:
        left, top = (size[0] - side) // 2, (size[1] - side) // 2
        image = image.crop((left, top, left + side, top + side))  # what lies outside the image is black
    return np.asarray(image)


def cut(rgb: Rgb, share: float) -> Rgb:
    """Shifted to the right until that share of the cell's width is outside."""
    columns = np.flatnonzero(lit(rgb).any(axis=0))
    right = rgb.shape[1] - columns[-1] - 1 + share * (columns[-1] - columns[0] + 1)
    return np.asarray(shift(rgb, (0, round(right), 0), order=0))


def pair(one: Rgb, other: Rgb, gap: int) -> Rgb:
    """Two cells side by side, `gap` px between their boxes, on a black image that holds both."""
    cells = [image[np.ix_(lit(image).any(axis=1), lit(image).any(axis=0))] for image in (one, other)]
    width = sum(cell.shape[1] for cell in cells) + gap
    canvas = np.zeros((SIDE, max(SIDE, width + 20), 3), np.uint8)
    left = (canvas.shape[1] - width) // 2
    for cell in cells:
        top = (SIDE - cell.shape[0]) // 2
        place = canvas[top : top + cell.shape[0], left : left + cell.shape[1]]
        np.maximum(place, cell, out=place)
        left += cell.shape[1] + gap
    return canvas


def at(change: Callable[[Rgb, float], Rgb], value: float) -> Change:
    """The change at one strength; it looks at no other cell."""
    return lambda rgb, _: change(rgb, value)


SPOILED: dict[str, Change] = {
    "grey": lambda rgb, _: grey(rgb),
    "red and blue swapped": lambda rgb, _: rgb[..., ::-1],
    **{f"blurred, σ {s} px": at(blurred, s) for s in (2, 3, 5, 8)},
    **{f"out of focus, then cut out, σ {s} px": at(defocused, s) for s in (2, 3, 5, 8)},
    "out of focus, σ 5 px, camera noise σ 2": lambda rgb, _: defocused(rgb, 5, 2.0),
    "shrunk × 0.4": lambda rgb, _: scaled(rgb, 0.4, side=SIDE),
    "shrunk × 0.6": lambda rgb, _: scaled(rgb, 0.6, side=SIDE),
    "enlarged × 1.6": lambda rgb, _: scaled(rgb, 1.6, side=SIDE),
    "enlarged × 2.5": lambda rgb, _: scaled(rgb, 2.5, side=SIDE),
    "enlarged × 2.5, the image too": lambda rgb, _: scaled(rgb, 2.5),
    **{f"cut by the border, {s:.0%} of its width": at(cut, s) for s in (0.05, 0.2, 0.5)},
    "80 px off the middle": lambda rgb, _: np.asarray(shift(rgb, (0, 80, 0), order=0)),
    "two cells, 10 px apart": lambda rgb, other: pair(rgb, other, 10),
    "two cells that overlap by 5 px": lambda rgb, other: pair(rgb, other, -5),
    "empty": lambda rgb, _: np.zeros_like(rgb),
    "background of grey level 30": lambda rgb, _: np.where(lit(rgb)[..., None], rgb, np.uint8(30)),
}
HARMLESS: dict[str, Change] = {
    "saved as JPEG, quality 90": lambda rgb, _: jpeg(rgb, 90),
    "saved as JPEG, quality 75": lambda rgb, _: jpeg(rgb, 75),
    **{f"noise, σ {s}": at(noisy, s) for s in (2, 5, 10)},
    **{f"brightness × {f}": at(brightened, f) for f in (0.8, 1.2)},
    "turned by 90°": lambda rgb, _: np.rot90(rgb),
    "turned by 30°": lambda rgb, _: np.asarray(Image.fromarray(rgb).rotate(30, Image.Resampling.BILINEAR)),
}


def otsu(values: NDArray[np.uint8]) -> int:
    """The level that parts the values best in two (Otsu 1979); the lower class includes it."""
    count = np.bincount(values.ravel(), minlength=256).astype(float)
    below, sums = count.cumsum(), (count * np.arange(256)).cumsum()
    above = below[-1] - below
    spread = (sums[-1] * below / below[-1] - sums) ** 2 / np.maximum(below * above, 1)
    return int(spread.argmax())


def blackened(rgb: Rgb, by: str) -> Rgb:
    """Black but for the largest part below Otsu's level of green, or above that of saturation; holes filled."""
    if by == "green":
        mask = rgb[..., 1] <= otsu(rgb[..., 1])
    else:
        brightest = np.maximum(rgb.max(axis=2).astype(np.int32), 1)
        saturation = (255 * (brightest - rgb.min(axis=2)) // brightest).astype(np.uint8)
        mask = saturation > otsu(saturation)
    parts = find_parts(mask)
    filled = binary_fill_holes(parts.mask(int(parts.areas.argmax())))
    return np.asarray(rgb * filled[..., None].astype(np.uint8))


def matched(rgb: Rgb) -> Rgb:
    """Each channel of the cell brought to the mean and the deviation of C-NMC's cells."""
    mask = lit(rgb)
    out = np.zeros_like(rgb)
    values = rgb[mask].astype(np.float32)
    values = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1) * CNMC_DEVIATION + CNMC_MEAN
    out[mask] = np.clip(np.rint(values), 1, 255).astype(np.uint8)
    return out


def other_laboratory(rgb: Rgb) -> Iterator[tuple[str, Rgb]]:
    yield "whole", rgb
    yield "whole, on black of 450 px", scaled(rgb, 1, side=SIDE)
    for by in ("green", "saturation"):
        cell = blackened(rgb, by)
        yield f"blackened by {by}", cell
        yield f"blackened by {by}, enlarged × 2", scaled(cell, 2)
        yield f"blackened by {by}, colours matched", matched(cell)
        yield f"blackened by {by}, enlarged × 2, colours matched", matched(scaled(cell, 2))
        yield f"blackened by {by}, enlarged × 2, blurred, colours matched", matched(defocused(scaled(cell, 2), 2))

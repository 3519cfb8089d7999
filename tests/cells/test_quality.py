"""Each limit refuses what it is for, says so with figures, and leaves generated cells and harmless changes alone."""

import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from realdata import shared
from scipy import ndimage

from leukolens.cells import quality
from leukolens.cells.quality import Kind, Quality, QualityLimits, measure, refusals
from leukolens.images.decode import read_rgb
from leukolens.research.data.index import index
from leukolens.research.data.phantoms import draw_cell

Rgb = NDArray[np.uint8]
LIMITS = QualityLimits()
CELL = draw_cell("hem", np.random.default_rng(0))
BLACK = np.zeros_like(CELL)
TYPICAL = Quality(
    background=0,
    border=0,
    area=32_000,
    cells=1,
    offset=2,
    saturation=0.66,
    hue=288,
    brightness=44,
    sharpness=6,
    grain=11,
)
"""The medians over C-NMC's folds 0 and 1."""


def kinds(rgb: Rgb) -> list[Kind]:
    return [refusal.kind for refusal in refusals(measure(rgb), LIMITS)]


def disk(radius: float, *, at: tuple[float, float] = (225, 225), side: int = 450) -> NDArray[np.bool_]:
    rows, columns = np.indices((side, side)) + 0.5
    return np.asarray(np.hypot(rows - at[0], columns - at[1]) <= radius)


def painted(mask: NDArray[np.bool_], colour: tuple[int, int, int] = (68, 29, 79)) -> Rgb:
    return mask[..., None] * np.array(colour, np.uint8)


def test_generated_cells_pass(cells: Path) -> None:
    for cell in index(cells).cells:
        assert refusals(measure(read_rgb(cell.path)), LIMITS) == (), cell.name


def jpeg(rgb: Rgb) -> Rgb:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=75)
    return np.asarray(Image.open(file))


HARMLESS = {
    "jpeg": jpeg,
    "noise": lambda rgb: np.clip(rgb + np.random.default_rng(0).normal(0, 10, rgb.shape), 0, 255).astype(np.uint8),
    "darker": lambda rgb: (rgb * 0.6).astype(np.uint8),
    "turned": lambda rgb: np.rot90(rgb),
    "wider image": lambda rgb: np.pad(rgb, ((60, 60), (60, 60), (0, 0))),
    "narrower image": lambda rgb: rgb[50:-50, 50:-50],
    "odd sides": lambda rgb: rgb[:-1, 1:-2],
    "speck beside the cell": lambda rgb: np.where(disk(8, at=(60, 60))[..., None], np.uint8(90), rgb),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_leaves_a_cell_a_cell_passes(change: object) -> None:
    assert callable(change)
    assert kinds(change(CELL)) == []


def blurred(rgb: Rgb, sigma: float) -> Rgb:
    return np.asarray(np.rint(ndimage.gaussian_filter(rgb.astype(float), (sigma, sigma, 0))), np.uint8)


def luma(rgb: Rgb) -> Rgb:
    return np.asarray(Image.fromarray(rgb).convert("L").convert("RGB"))


def resized(rgb: Rgb, side: int) -> Rgb:
    return np.asarray(Image.fromarray(rgb).resize((side, side), Image.Resampling.BILINEAR))


NECK = disk(75, at=(225, 145)) | disk(75, at=(225, 305))
NECK[215:235, 145:305] = True
SPOILED: dict[str, tuple[Rgb, list[Kind]]] = {
    "nothing": (BLACK, ["empty"]),
    "one pixel": (np.zeros((1, 1, 3), np.uint8), ["empty"]),
    "threads": (painted(disk(100) & (np.indices((450, 450))[0] % 20 < 10)), ["empty"]),
    "grey background": (np.where(CELL.any(axis=2)[..., None], CELL, np.uint8(30)), ["background"]),
    "a photograph": (np.random.default_rng(0).integers(90, 250, (300, 400, 3), np.uint8), ["background"]),
    "grey cell": (luma(CELL), ["grey"]),
    "red and blue swapped": (painted(disk(100), (79, 29, 60)), ["hue", "focus"]),
    "out of focus": (blurred(CELL, 3), ["focus"]),
    "one flat colour": (painted(disk(100)), ["focus"]),
    "small": (resized(CELL, 200), ["area", "grain"]),
    "off the middle": (np.roll(CELL, 60, axis=1), ["place"]),
    "cut by the border": (CELL[:, :260], ["cut", "place"]),
    "two cells": (np.concatenate([CELL[:, 100:350], CELL[:, 100:350]], axis=1), ["cells", "place"]),
    "two joined by a neck of 20 px": (painted(NECK), ["cells", "focus"]),
}


@pytest.mark.parametrize(("rgb", "expected"), SPOILED.values(), ids=SPOILED)
def test_what_is_no_cell_of_c_nmcs_kind_is_refused(rgb: Rgb, expected: list[Kind]) -> None:
    assert kinds(rgb) == expected


def test_a_large_one_and_a_coarse_one_are_refused() -> None:
    large = refusals(measure(np.asarray(resized(CELL, 900))), LIMITS)
    assert large[0].kind == "area"
    stripes = np.indices((450, 450))[1] // 8 % 2 == 0
    coarse = painted(disk(100)) * np.where(stripes, 1.5, 0.5)[..., None]
    assert kinds(coarse.astype(np.uint8)) == ["grain"]


TEXTS: list[tuple[dict[str, float], Kind, str]] = [
    ({"background": 70.4}, "background", "has a background that is not black (level 70, at most 10)"),
    ({"cells": 0, "area": 300}, "empty", "shows no cell (nothing lit is thicker than 24 px)"),
    ({"saturation": 0.3949}, "grey", "is grey (saturation 0.39, at least 0.40)"),
    ({"hue": 250.2}, "hue", "is not in the colours of the stain that the model knows (hue 250°, 268–310°)"),
    ({"hue": 320.2}, "hue", "is not in the colours of the stain that the model knows (hue 320°, 268–310°)"),
    ({"cells": 3}, "cells", "shows more than one cell (3, at most 1)"),
    ({"border": 46}, "cut", "shows a cell cut off by the border (46 px of the border are lit, at most 44)"),
    ({"offset": 80.2}, "place", "shows a cell that is not in the middle (80 px, at most 40)"),
    ({"area": 10_996}, "area", "shows a cell that is too small (10,996 px², 11,000–60,000)"),
    ({"area": 60_004}, "area", "shows a cell that is too large (60,004 px², 11,000–60,000)"),
    ({"sharpness": 2.1}, "focus", "is out of focus (sharpness 2.1 %, at least 3.5 %)"),
    ({"grain": 31.26}, "grain", "is coarser inside than a lymphoid cell (grain 31.3 %, at most 28.0 %)"),
]


@pytest.mark.parametrize(("change", "kind", "text"), TEXTS)
def test_a_reason_gives_the_value_the_limit_and_a_hint(change: dict[str, float], kind: Kind, text: str) -> None:
    (found,) = refusals(replace(TYPICAL, **change), LIMITS)
    assert (found.kind, found.text) == (kind, text)
    assert found.hint[0].isupper()
    assert not found.hint.endswith(".")


def test_the_limits_themselves_pass_and_a_typical_cell_does() -> None:
    assert refusals(TYPICAL, LIMITS) == ()
    low = {"area": 11_000, "saturation": 0.4, "hue": 268.0, "sharpness": 3.5}
    high = {"background": 10.0, "border": 44, "offset": 40.0, "area": 60_000, "hue": 310.0, "grain": 28.0}
    assert refusals(replace(TYPICAL, **low), LIMITS) == ()
    assert refusals(replace(TYPICAL, **high), LIMITS) == ()


def test_several_reasons_come_together_but_a_background_or_no_cell_alone() -> None:
    bad = replace(TYPICAL, saturation=0.1, hue=0, cells=2, border=90, offset=99, area=99_999, sharpness=1, grain=40)
    found = [refusal.kind for refusal in refusals(bad, LIMITS)]
    assert found == ["grey", "cells", "cut", "place", "area", "focus", "grain"]
    assert [refusal.kind for refusal in refusals(replace(bad, background=11), LIMITS)] == ["background"]
    assert [refusal.kind for refusal in refusals(replace(bad, cells=0), LIMITS)] == ["empty"]


def test_other_limits_are_obeyed() -> None:
    assert refusals(TYPICAL, replace(LIMITS, grain=10.0))[0].text.endswith("(grain 11.0 %, at most 10.0 %)")
    assert refusals(replace(TYPICAL, cells=2), replace(LIMITS, cells=2)) == ()


def test_area_place_and_border_are_those_of_the_drawn_disk() -> None:
    seen = measure(painted(disk(100, at=(225 + 30, 225 - 40))))
    assert seen.area == pytest.approx(math.pi * 100**2, rel=0.02)
    assert seen.offset == pytest.approx(50, abs=0.5)
    assert (seen.cells, seen.border, seen.background) == (1, 0, 0)
    cut = measure(painted(disk(100, at=(225, 30))))
    assert cut.border == pytest.approx(2 * math.sqrt(100**2 - 30**2), abs=6)


def test_colour_is_that_of_the_core() -> None:
    """The rim is another colour and must not count: it is where the segmentation cut."""
    rgb = painted(disk(100), (0, 200, 0))
    rgb[disk(90)] = (68, 29, 79)
    seen = measure(rgb)
    assert seen.saturation == pytest.approx(1 - 29 / 79)
    assert seen.hue == pytest.approx(240 + 60 * (68 - 29) / (79 - 29))
    assert seen.brightness == pytest.approx(0.299 * 68 + 0.587 * 29 + 0.114 * 79, abs=0.01)


def test_sharpness_and_grain_are_the_laplacian_the_long_way() -> None:
    """Means of blocks, luma, scipy's erosion and Laplacian, over the whole image."""
    means = ndimage.uniform_filter(CELL.astype(float), (2, 2, 1), origin=(-1, -1, 0))[::2, ::2]
    blocks = np.asarray(Image.fromarray(CELL).reduce(2))
    assert np.abs(blocks - means).max() <= 0.5
    octagon = np.pad(ndimage.iterate_structure(ndimage.generate_binary_structure(2, 1), 3), 3)
    octagon = ndimage.binary_dilation(octagon, np.ones((7, 7)))
    core = ndimage.binary_erosion((blocks > 16).any(axis=2), octagon)
    grey = blocks @ [0.299, 0.587, 0.114]
    seen = measure(CELL)
    assert seen.brightness == pytest.approx(grey[core].mean(), rel=1e-5)
    laplacian = ndimage.convolve(grey, [[0, -1, 0], [-1, 4, -1], [0, -1, 0]])
    sharpness = 100 * math.sqrt((laplacian[core] ** 2).mean()) / grey[core].mean()
    assert seen.sharpness == pytest.approx(sharpness, rel=1e-4)
    coarse = []
    for top in range(3):  # grain's grid starts at the core's box, so any of nine
        for left in range(3):
            grey_tiles = ndimage.uniform_filter(grey, 3)[top + 1 :: 3, left + 1 :: 3]
            core_tiles = ndimage.uniform_filter(core.astype(float), 3)[top + 1 :: 3, left + 1 :: 3] > 0.999
            rough = ndimage.convolve(grey_tiles, [[0, -1, 0], [-1, 4, -1], [0, -1, 0]])
            coarse.append(100 * math.sqrt((rough[core_tiles] ** 2).mean()) / grey[core].mean())
    assert min(abs(grain - seen.grain) for grain in coarse) < 1e-3 * seen.grain


def test_a_turned_cell_measures_alike() -> None:
    seen = measure(CELL)
    for turns in (1, 2, 3):
        turned = measure(np.rot90(CELL, turns))
        assert (turned.area, turned.cells, turned.border) == (seen.area, seen.cells, seen.border)
        for name in ("offset", "saturation", "hue", "brightness", "sharpness"):
            assert getattr(turned, name) == pytest.approx(getattr(seen, name), rel=1e-4)
        assert turned.grain == pytest.approx(seen.grain, rel=0.1)  # its blocks fall elsewhere


def test_another_laboratorys_images_are_refused() -> None:
    folder = shared("pbc_subset")
    paths = sorted(folder.rglob("*.jpg"))[::8]
    assert len(paths) == 30
    for path in paths:
        assert kinds(read_rgb(path)) == ["background"], path


def test_a_coloured_photograph_that_counts_as_grey_is_told_to_look_like_a_field() -> None:
    photograph = replace(TYPICAL, saturation=0.3, area=3 * LIMITS.largest_area)
    assert "whole field" in refusals(photograph, LIMITS)[0].hint
    assert "whole field" not in refusals(replace(TYPICAL, saturation=0.3), LIMITS)[0].hint


def test_blocks_are_those_of_the_whole_image() -> None:
    """Looking at what is lit alone changes no block, wherever it lies and whatever the sides."""
    random = np.random.default_rng(0)
    for _ in range(50):
        height, width = random.integers(1, 60, 2)
        top, left = random.integers(0, height), random.integers(0, width)
        rgb = np.zeros((height, width, 3), np.uint8)
        rgb[top : top + 9, left : left + 14] = random.integers(0, 256, rgb[top : top + 9, left : left + 14].shape)
        image = Image.fromarray(rgb)
        whole = [np.asarray(band) for band in image.reduce(quality.BLOCK).split()]
        np.testing.assert_array_equal(quality._blocks(image), whole)

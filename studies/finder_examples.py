"""A picture → one training example of the finder: turned, crowded, recoloured, with the maps that should be answered.

Optical densities are mixed at random, so that no stain is learned; white cells are pasted, and cells are drawn, until
they touch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
from finder_drawn import Map, cloud, drawn
from finder_pictures import RED, WHITE, Cell, Picture
from numpy.random import Generator
from numpy.typing import NDArray

from leukolens.cells.network import RED_CELL_PX, STRIDE

SIDE = 96
"""px of an example."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """What the network sees and what it should answer; h = w = SIDE / 2."""

    density: Map
    """(3, SIDE, SIDE) optical density, 0–3."""
    heat: Map
    """(3, h, w) 1 at the middles of white cells, red cells and platelets."""
    size: Map
    """(2, h, w) logarithms of width and height over a red cell's."""
    near: Map
    """(h, w) 1 where the size counts."""
    pixels: Map
    """(2, h, w) 0–1, part of a white cell and of its nucleus."""


class Mark(NamedTuple):
    """A cell of the scene: px of the middle, width and height."""

    kind: int
    x: float
    y: float
    width: float
    height: float

    @property
    def across(self) -> float:
        """px, the mean of both sides."""
        return 0.5 * (self.width + self.height)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An example on its way."""

    density: NDArray[np.floating]
    """(SIDE, SIDE, 3)"""
    white: NDArray[np.floating]
    """(SIDE, SIDE) 0–1, part of a white cell."""
    nuclei: NDArray[np.floating]
    """(SIDE, SIDE) 0–1, part of a nucleus."""
    marks: Sequence[Mark]
    zoom: float
    """Of the picture; what is pasted is zoomed alike."""


def example(pictures: list[Picture], bank: list[Cell], random: Generator, *, crowded: float) -> Example:
    """bank: white cells to paste. crowded: 0–1, the share of examples that are filled with cells."""
    scene = placed(pictures[random.integers(len(pictures))], random)
    crowd = random.random() < crowded
    nucleus = colour_of_nuclei(scene, bank[random.integers(len(bank))])
    if crowd:
        scene = replace(scene, density=scene.density + background(random))
    for _ in range(random.integers(3, 11) if crowd else random.choice([0, 0, 1, 2])):
        cell = bank[random.integers(len(bank))] if random.random() < 0.45 else drawn(random, nucleus)
        scene = with_cell(scene, turned(cell, scene.zoom, random), random)
    density = recoloured(scene.density, random)
    half = SIDE // STRIDE
    both = np.stack([scene.white, scene.nuclei], -1).astype(np.float32)
    pixels = np.asarray(cv2.resize(both, (half, half), interpolation=cv2.INTER_AREA), np.float32)
    heat, size, near = maps_of(scene.marks)
    return Example(
        density=density.transpose(2, 0, 1), heat=heat, size=size, near=near, pixels=pixels.transpose(2, 0, 1)
    )


def placed(picture: Picture, random: Generator) -> Scene:
    """A part of the picture, zoomed, turned, mirrored; around a white cell three times of four."""
    zoom = math.exp(random.normal(0, 0.18))
    stretch = math.exp(random.normal(0, 0.05))
    random.uniform(0, 2 * math.pi)  # used by nothing, but without it a seed would give other examples than before
    mirror = random.choice([-1, 1])
    boxes = picture.boxes
    boxes = boxes[((boxes[:, 3] - boxes[:, 1]) > 3) & ((boxes[:, 4] - boxes[:, 2]) > 3)]
    middle = np.array(point(picture, boxes[boxes[:, 0] == WHITE], random))
    angle = random.integers(4) * math.pi / 2 + random.normal(0, 0.12)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = zoom * turn @ np.diag([mirror * stretch, 1 / stretch])
    shift = np.array([SIDE / 2, SIDE / 2]) - matrix @ middle
    affine = np.hstack([matrix, shift[:, None]])
    density, white, nuclei = (
        np.asarray(cv2.warpAffine(plane.astype(np.float32), affine, (SIDE, SIDE)), np.float32)
        for plane in (picture.density, picture.white, picture.nuclei)
    )
    order = -1 if abs(math.sin(angle)) > 0.7 else 1
    marks = []
    for kind, x0, y0, x1, y1 in boxes:
        x, y = matrix @ np.array([(x0 + x1) / 2, (y0 + y1) / 2]) + shift
        width, height = (zoom * np.array([x1 - x0, y1 - y0]))[::order]
        marks.append(Mark(int(kind), x, y, width, height))
    return Scene(density=density, white=white, nuclei=nuclei, marks=marks, zoom=zoom)


def point(picture: Picture, white: NDArray[np.float32], random: Generator) -> tuple[float, float]:
    """x, y in px of the picture. white: (N, 5) its boxes of white cells."""
    if len(white) and random.random() < 0.75:
        _, x0, y0, x1, y1 = white[random.integers(len(white))]
        return (x0 + x1) / 2 + random.normal(0, 14), (y0 + y1) / 2 + random.normal(0, 14)
    height, width = picture.white.shape
    return random.uniform(0, width), random.uniform(0, height)


def colour_of_nuclei(scene: Scene, other: Cell) -> NDArray[np.floating]:
    """(3,) density of the scene's nuclei; of the other cell's where too little of one is in it."""
    if scene.white.max() > 0.5 and (scene.nuclei > 0.5).sum() > 20:
        return np.asarray(scene.density[scene.nuclei > 0.5].mean(0))
    if (other.nucleus > 0).any():
        return np.asarray(other.density[other.nucleus > 0].mean(0))
    return np.array([0.8, 1.2, 0.4])


def background(random: Generator) -> NDArray[np.float64]:
    """(SIDE, SIDE, 3) density of the plasma between crowded cells."""
    strength = abs(random.normal(0, 0.12))
    return np.asarray(strength * np.exp(random.normal(0, 0.3, 3)) * (1 + 0.25 * cloud(random, 7, SIDE))[..., None])


def turned(cell: Cell, zoom: float, random: Generator) -> Cell:
    """By quarters, and zoomed by about so much."""
    quarters = int(random.integers(4))
    zoom = zoom * math.exp(random.normal(0, 0.08))
    density, mask, nucleus = (
        np.asarray(cv2.resize(np.ascontiguousarray(np.rot90(plane, quarters)), None, fx=zoom, fy=zoom), np.float32)
        for plane in (cell.density, cell.mask, cell.nucleus)
    )
    return Cell(density=density, mask=mask, nucleus=nucleus)


def with_cell(scene: Scene, cell: Cell, random: Generator) -> Scene:
    """The scene with the cell pasted, often beside another; unchanged where it would cover a white cell's middle."""
    height, width = cell.mask.shape
    across = 0.5 * (height + width)
    white = [mark for mark in scene.marks if mark.kind == WHITE]
    if white and random.random() < 0.6:
        beside = white[random.integers(len(white))]
        angle = random.uniform(0, 6.28)
        distance = 0.5 * (beside.across + across) * random.uniform(0.85, 1.1)
        x, y = beside.x + distance * math.cos(angle), beside.y + distance * math.sin(angle)
    else:
        x, y = random.uniform(0, SIDE), random.uniform(0, SIDE)
    if any(math.hypot(x - mark.x, y - mark.y) < 0.42 * (mark.across + across) for mark in white):
        return scene
    return pasted(scene, cell, x, y)


def pasted(scene: Scene, cell: Cell, x: float, y: float) -> Scene:
    """x, y: px of the cell's middle. What it covers of red cells and platelets goes."""
    height, width = cell.mask.shape
    shift = np.array([[1, 0, x - width / 2], [0, 1, y - height / 2]], np.float32)
    density, mask, nucleus = (
        cv2.warpAffine(plane, shift, (SIDE, SIDE)) for plane in (cell.density, cell.mask, cell.nucleus)
    )
    cover = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.7), np.float32)
    left = [
        mark for mark in scene.marks if mark.kind < RED or not cover[place(mark.y, SIDE), place(mark.x, SIDE)] > 0.5
    ]
    return replace(
        scene,
        density=scene.density * (1 - cover[..., None]) + density * cover[..., None],
        white=np.maximum(scene.white, cover > 0.5),
        nuclei=np.where(cover > 0.5, nucleus, scene.nuclei),
        marks=[*left, Mark(WHITE, x, y, width, height)],
    )


def place(position: float, side: int) -> int:
    """The pixel or place of a map nearest to it, within the side."""
    return int(np.clip(position, 0, side - 1))


def recoloured(density: NDArray[np.floating], random: Generator) -> Map:
    """(SIDE, SIDE, 3) as another stain, lamp, focus and camera would give it, 0–3."""
    mixture = np.eye(3) * np.exp(random.normal(0, 0.35, 3))[:, None] + random.normal(0, 0.12, (3, 3))
    mixed = density @ mixture.astype(np.float32) * math.exp(random.normal(0, 0.25))
    mixed = mixed + random.normal(0, 0.03) + random.normal(0, 0.02, 3)
    if random.random() < 0.5:
        mixed = np.asarray(cv2.GaussianBlur(mixed, (0, 0), random.uniform(0.3, 1.1)), mixed.dtype)
    noisy = mixed + random.normal(0, random.uniform(0, 0.06), mixed.shape)
    return np.clip(noisy, 0, 3).astype(np.float32)


def maps_of(marks: Sequence[Mark]) -> tuple[Map, Map, Map]:
    """Heat, size and near, as `Example` has them."""
    side = SIDE // STRIDE
    heat = np.zeros((3, side, side), np.float32)
    size = np.zeros((2, side, side), np.float32)
    near = np.zeros((side, side), np.float32)
    rows, columns = np.mgrid[:side, :side]
    for mark in marks:
        x, y = mark.x / STRIDE, mark.y / STRIDE
        if not (-1 < x < side and -1 < y < side):
            continue
        distance = (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2
        deviation = max(1.0, 0.12 * (mark.width + mark.height) / 4)
        np.maximum(heat[mark.kind], np.exp(-distance / (2 * deviation * deviation)), out=heat[mark.kind])
        heat[mark.kind, place(y, side), place(x, side)] = 1
        around = distance < (2.2**2 if mark.kind == WHITE else 1.3**2)
        size[0][around] = math.log(mark.width / RED_CELL_PX)
        size[1][around] = math.log(mark.height / RED_CELL_PX)
        near[around] = 1
    return heat, size, near

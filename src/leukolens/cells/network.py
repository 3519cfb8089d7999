"""The finder's network: where white cells, red cells and platelets are, how large, and which pixels are theirs.

A U-Net of half a million weights (Ronneberger et al. 2015) that answers on every second pixel as CenterNet does (Zhou
et al. 2019, arXiv 1904.07850): heat where a cell's middle is and its width and height, beside the pixels of white cells
and of their nuclei. It sees optical density at one size, a red cell 24 px across. Trained by `studies/train_finder.py`
on two sources that may be used for anything; shipped/README.md says which.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukolens.cells.stain import Density

RED_CELL_PX = 24.0
"""How many px across a red cell is in what the network sees."""
STRIDE = 2
"""px of the picture a place of the maps."""
_MULTIPLE = 16
_TILE, _MARGIN = 768, 64
"""px: larger pictures are seen in tiles that overlap by twice the margin, so memory does not grow with them."""
SHIPPED = Path(__file__).with_name("shipped") / "finder.onnx"
Map = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Maps:
    """The network's answer, each (H / 2, W / 2)."""

    white: Map
    """0–1, the heat of white cells' middles."""
    red: Map
    """0–1, of red cells."""
    platelet: Map
    """0–1, of platelets."""
    width: Map
    """px of the picture that the network saw, read at a middle."""
    height: Map
    cell: Map
    """0–1, part of a white cell."""
    nucleus: Map
    """0–1, part of its nucleus."""


def see(density: Density, *, model: Path = SHIPPED) -> Maps:
    """density: (H, W, 3) at the network's size."""
    height, width = density.shape[:2]
    whole = np.zeros((7, -(-height // STRIDE), -(-width // STRIDE)), np.float32)
    for rows in _tiles(height):
        for columns in _tiles(width):
            answer = _run(density[rows.seen, columns.seen], model)
            whole[:, rows.place, columns.place] = answer[:, rows.kept, columns.kept]
    sizes = RED_CELL_PX * np.exp(np.clip(whole[3:5], -3, 3))
    white, red, platelet, cell, nucleus = 0.5 * (1 + np.tanh(0.5 * whole[[0, 1, 2, 5, 6]]))
    return Maps(white=white, red=red, platelet=platelet, width=sizes[0], height=sizes[1], cell=cell, nucleus=nucleus)


@dataclass(frozen=True, kw_only=True)
class _Span:
    """One tile along one axis."""

    seen: slice
    """px of the picture."""
    place: slice
    """Places of the whole map that it fills."""
    kept: slice
    """Places of its own map that are kept."""


def _tiles(side: int) -> list[_Span]:
    if side <= _TILE:
        places = -(-side // STRIDE)
        return [_Span(seen=slice(0, side), place=slice(0, places), kept=slice(0, places))]
    step = _TILE - 2 * _MARGIN
    spans = []
    for start in range(0, side - 2 * _MARGIN, step):
        stop = min(start + _TILE, side)
        first = start + (_MARGIN if start else 0)
        last = stop if stop == side else stop - _MARGIN
        place = slice(first // STRIDE, -(-last // STRIDE))
        offset = start // STRIDE
        kept = slice(place.start - offset, place.stop - offset)
        spans.append(_Span(seen=slice(start, stop), place=place, kept=kept))
        if stop == side:
            break
    return spans


def _run(density: Density, model: Path) -> Map:
    """(H, W, 3) → (7, ⌈H / 2⌉, ⌈W / 2⌉). Empty slide is added below and to the right up to a multiple of 16."""
    height, width = density.shape[:2]
    padded = [(0, -side % _MULTIPLE) for side in (height, width)]
    image = np.pad(np.clip(density, 0, 3), [*padded, (0, 0)]).transpose(2, 0, 1)[None]
    (answer,) = _session(model).run(["maps"], {"density": np.ascontiguousarray(image, np.float32)})
    return np.asarray(answer[0, :, : -(-height // STRIDE), : -(-width // STRIDE)], np.float32)


@cache
def _session(model: Path) -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 4
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

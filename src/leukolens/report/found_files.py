"""What `leukolens find` writes of a field or a slide: cut-outs, mask, overlay, QuPath's GeoJSON, lines of boxes.csv.

A slide that is too large to be decoded whole is written tile by tile, in constant memory, and gets no mask.
"""

import json
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukolens.base import atomic
from leukolens.base.errors import ImageError
from leukolens.cells.cut_out import cut_out
from leukolens.cells.field import read_field
from leukolens.cells.find import FoundCell
from leukolens.cells.picture import picture_kind
from leukolens.cells.reasons import of_the_scale
from leukolens.images.decode import decode_rgb
from leukolens.images.scale import given_or_own
from leukolens.images.slides import Slide, is_pyramid, open_slide
from leukolens.predict.fields import OVERVIEW, told
from leukolens.predict.given import opened
from leukolens.predict.slides import cells_by_tiles, flat, moved, scale_of
from leukolens.report.found_cells import draw, found_feature, geojson, mask, overlay, row


@dataclass(kw_only=True)
class Summary:
    """What is said of a field or a slide when it is done."""

    found: int = 0
    lymphoid: int = 0
    scale: str = "no scale"
    reasons: Counter[str] = field(default_factory=Counter)
    """Why none of its cells should be judged → how many pictures or tiles say so."""

    def add(self, cell: FoundCell) -> None:
        """One more."""
        self.found += 1
        self.lymphoid += cell.kind == "lymphoid"


Lines = Generator[dict[str, Any], None, Summary]
"""Lines of boxes.csv as they come, and at the end the summary."""


def write_found(path: Path, name: str, folder: Path, um_per_px: float | None) -> Lines:
    """Find the cells of one file and write all but boxes.csv into `folder`, under `name`. Raises ImageError for a file
    that is not a field or a slide."""
    given = opened(path, 0)
    if isinstance(given.image, ImageError):
        raise given.image
    if not isinstance(given.image, bytes):
        return (yield from _slide(path, name, folder, um_per_px))
    try:
        rgb = decode_rgb(given.image, name=path)
    except ImageError:
        if is_pyramid(given.image, path):
            return (yield from _slide(path, name, folder, um_per_px))
        raise
    if picture_kind(rgb) == "cut-out":
        hint = "Give it to `leukolens predict` as it is"
        raise ImageError("is already a cut-out: one cell on black", path=path, hint=hint)
    return (yield from _field(rgb, name, folder, *given_or_own(um_per_px, given.image)))


def _field(rgb: NDArray[np.uint8], name: str, folder: Path, um_per_px: float | None, source: str) -> Lines:
    field = read_field(rgb, um_per_px, source=source)
    atomic.write_json(folder / f"{name}.geojson", geojson(field.cells))
    Image.fromarray(overlay(rgb, field.cells)).save(folder / f"{name}.overlay.png")
    Image.fromarray(mask((rgb.shape[0], rgb.shape[1]), field.cells)).save(folder / f"{name}.mask.png")
    scale = None if field.scale is None else field.scale.um_per_px
    summary = Summary(reasons=Counter(map(told, field.reasons)))
    if field.scale is not None:
        error = f"± {100 * field.scale.error:.0f} %"
        summary.scale = f"{field.scale.um_per_px:.3f} µm per px {error} ({field.scale.source})"
    for number, cell in enumerate(field.cells, 1):
        if scale is not None:
            Image.fromarray(cut_out(rgb, cell, um_per_px=scale)).save(folder / f"{name}.{number}.png")
        summary.add(cell)
        yield row(name, number, cell, scale)
    return summary


def _slide(path: Path, name: str, folder: Path, um_per_px: float | None) -> Lines:
    with open_slide(path) as slide:
        scale, source = scale_of(slide, um_per_px)
        if (rgb := flat(slide)) is not None:
            return (yield from _field(rgb, name, folder, scale, source))
        return (yield from _by_tiles(slide, name, folder, scale, source))


def _by_tiles(slide: Slide, name: str, folder: Path, scale: float | None, source: str) -> Lines:
    if scale is None:
        (reason,) = of_the_scale(None)
        raise ImageError(reason.text, path=slide.path, hint=reason.hint)
    summary = Summary(scale=f"{scale:.3f} µm per px ({source})")
    drawn = slide.overview(OVERVIEW).copy()
    factor = drawn.shape[1] / slide.size[0]
    with _geojson(folder / f"{name}.geojson") as features:
        for tile in cells_by_tiles(slide, um_per_px=scale, source=source):
            if tile.reason:
                summary.reasons[tile.reason] += 1
            for found in tile.cells:
                summary.add(found)
                image = Image.fromarray(cut_out(tile.rgb, found, um_per_px=scale))
                image.save(folder / f"{name}.{summary.found}.png")
                cell = moved(found, tile.x, tile.y)
                draw(drawn, summary.found, cell, factor=factor)
                features.write(",\n" if summary.found > 1 else "\n")
                json.dump(found_feature(summary.found, cell), features, ensure_ascii=False)
                yield row(name, summary.found, cell, scale)
    Image.fromarray(drawn).save(folder / f"{name}.overlay.png")
    return summary


@contextmanager
def _geojson(path: Path) -> Iterator[TextIO]:
    """A FeatureCollection whose features are written one by one."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        yield file
        file.write("\n]}\n")

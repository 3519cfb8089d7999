"""cells → FeatureTable: every cell measured once on all cores, then kept on disk for every later run.

One .npz in the cache folder of `research.data.store`, keyed as the store is: by the files' names, sizes and times,
and by the version of the features.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukolens.base import atomic
from leukolens.base.errors import DatasetError, ImageError, LeukoLensError
from leukolens.base.progress import track
from leukolens.images.decode import read_rgb
from leukolens.research.data.cell import Cell
from leukolens.research.data.store import Reading, cache_folder, refuse_unreadable
from leukolens.research.older.features import VERSION, cell_features


@dataclass(frozen=True, kw_only=True)
class FeatureTable:
    """Features of many cells, in the order of the cells."""

    names: tuple[str, ...]
    """F names, 'group.name'."""
    values: NDArray[np.float64]
    """(N, F), finite."""

    def select(self, patterns: Sequence[str]) -> NDArray[np.float64]:
        """(N, f): the columns whose names match any of the patterns ('shape.*'), in the table's order."""
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in self.names):
                raise LeukoLensError(f"no feature is named {pattern!r}")
        chosen = [any(fnmatchcase(name, pattern) for pattern in patterns) for name in self.names]
        return np.asarray(self.values[:, chosen])


def feature_table(cells: Sequence[Cell], *, cache: Path | None = None) -> FeatureTable:
    """The measured cells, from the cache or measured now.

    Raises DatasetError naming the cells that cannot be read or hold no cell, OutputError when the cache has no room.
    """
    path = (cache or cache_folder()) / f"features-{_key(cells)}.npz"
    if not path.is_file():
        table = _measure(cells)
        with atomic.place(path) as temporary:
            np.savez(temporary, names=np.array(table.names), values=table.values)
    with np.load(path, allow_pickle=False) as file:
        return FeatureTable(names=tuple(map(str, file["names"])), values=file["values"])


def _key(cells: Sequence[Cell]) -> str:
    if not cells:
        raise DatasetError("there are no cells to measure")
    absent = [str(cell.path) for cell in cells if not cell.path.is_file()]
    if absent:
        raise DatasetError(f"is missing ({len(absent)} of {len(cells)} cells are)", path=absent[0])
    stats = [(str(cell.path.resolve()), (stat := cell.path.stat()).st_size, stat.st_mtime_ns) for cell in cells]
    return hashlib.sha256(json.dumps([VERSION, stats]).encode()).hexdigest()[:24]


def _measure(cells: Sequence[Cell]) -> FeatureTable:
    def measure(cell: Cell) -> dict[str, float] | str:
        try:
            return cell_features(read_rgb(cell.path), name=cell.path)
        except ImageError as error:
            return str(error)

    names: tuple[str, ...] = ()
    rows: list[NDArray[np.float64]] = []
    readings: list[Reading] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool, track("measuring cells", len(cells), unit="cells") as advance:
        for cell, found in zip(cells, pool.map(measure, cells), strict=True):
            problem = found if isinstance(found, str) else None
            readings.append(Reading(cell=cell, digest="", half_extent=0, area=0, pixels=None, problem=problem))
            if not isinstance(found, str):
                names = tuple(found)
                rows.append(np.array(list(found.values()), np.float64))
            advance(1)
    refuse_unreadable(readings)
    return FeatureTable(names=names, values=np.stack(rows))

"""Where the time of the older methods' features goes, a cell, on one core.

python bench/feature_profile.py [--cells DIR] [--count 40]
"""

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from leukolens.base.provenance import machine
from leukolens.images.decode import read_rgb
from leukolens.research.data.index import index
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms
from leukolens.research.older.colour import colour_features, statistics_features
from leukolens.research.older.regions import Regions, find_regions
from leukolens.research.older.shape import shape_features
from leukolens.research.older.texture import dct_features, glcm_features, lbp_features

GROUPS = (shape_features, colour_features, statistics_features, glcm_features, lbp_features, dct_features)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cells", type=Path, help="folder of cells; default: generated ones")
    options.add_argument("--count", type=int, default=40, help="cells to measure")
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cells = args.cells
        if cells is None:
            cells = Path(folder) / "cells"
            write_phantoms(cells, PhantomSettings(folds=1, subjects=4, cells=5))
        listed = index(cells).cells
        spent = measure([cell.path for cell in listed[:: max(1, len(listed) // args.count)]][: args.count])
    total = sum(spent.values())
    print(f"{machine()}, one of them used\n\n| stage | ms a cell | share |\n|---|---|---|")
    for name, milliseconds in spent.items():
        print(f"| {name} | {milliseconds:.1f} | {milliseconds / total:.0%} |")
    print(f"| **all** | {total:.1f} | |")


def measure(paths: list[Path]) -> dict[str, float]:
    """Stage → mean ms a cell; the first cell only warms up."""
    spent: dict[str, float] = defaultdict(float)
    for number, path in enumerate(paths):
        before = time.perf_counter()

        def lap(name: str, counted: bool = number > 0) -> None:
            nonlocal before
            now = time.perf_counter()
            spent[name] += counted * (now - before) * 1e3 / (len(paths) - 1)
            before = now

        rgb = read_rgb(path)
        lap("decode")
        regions: Regions = find_regions(rgb, name=path)
        lap("regions")
        for group in GROUPS:
            group(regions)
            lap(group.__name__.replace("_features", ""))
    return spent


if __name__ == "__main__":
    main()

"""The colour of C-NMC's cells, to which a field's cells are brought: the constant `leukolens.cells.colour.CNMC`.

    python studies/cell_colour.py CNMC [--every 60]

CNMC is a folder with fold_0 and fold_1. Every nth cell of each, sorted by name, counts with all its pixels.
"""

import argparse
from pathlib import Path

from leukolens.cells.colour import WHITE, colour_of
from leukolens.images.decode import read_rgb


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cnmc", type=Path)
    options.add_argument("--every", type=int, default=60)
    args = options.parse_args()
    cells = sorted(args.cnmc.glob("fold_[01]/*/*.bmp"))[:: args.every]
    colour = colour_of(map(read_rgb, cells), WHITE)
    total, squares = (tuple(round(value, 1) for value in sums) for sums in (colour.total, colour.squares))
    print(f"CellColour(pixels={colour.pixels}, total={total}, squares={squares})")
    print(f"{len(cells)} cells, mean {colour.mean.round(3)}, deviation {colour.deviation.round(3)}")


if __name__ == "__main__":
    main()

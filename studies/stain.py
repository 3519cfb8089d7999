"""How often a patient is called stained otherwise: as the cells are, and under other stains.

python studies/stain.py CNMC [--cells 60]

Each fold's range of hues, as a release on that fold alone would know it, is asked about the other fold's subjects, who
are unseen. 'Other stain' is right under a changed strength and a false alarm as the cells are. At most --cells of a
subject, drawn by seed 0; cells that the quality checks refuse do not count, as in `leukolens predict`. The stains
are those of `research.evaluate.conditions`, on the whole image. Prints a row for each strength.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from leukolens.cells.quality import QualityLimits, measure, refusals
from leukolens.decide.calibrate import hue_range
from leukolens.images.decode import read_rgb
from leukolens.research.data.cell import Cell
from leukolens.research.data.index import index
from leukolens.research.evaluate.conditions import restained

STRENGTHS: Mapping[str, tuple[float, float, float]] = {
    "as they are": (1.0, 1.0, 1.0),
    "haematoxylin × 0.8": (0.8, 1.0, 1.0),
    "haematoxylin × 0.9": (0.9, 1.0, 1.0),
    "haematoxylin × 1.1": (1.1, 1.0, 1.0),
    "haematoxylin × 1.25": (1.25, 1.0, 1.0),
    "eosin × 0.8": (1.0, 0.8, 1.0),
    "eosin × 1.25": (1.0, 1.25, 1.0),
}


def hues(cells: list[Cell], factors: tuple[float, float, float]) -> list[float]:
    """Of the cells that would be judged."""
    found = []
    for cell in cells:
        rgb = read_rgb(cell.path)
        if factors != (1.0, 1.0, 1.0):
            changed = restained(rgb.transpose(2, 0, 1)[None].astype(np.float32), factors)[0]
            rgb = changed.transpose(1, 2, 0).round().astype(np.uint8)
        seen = measure(rgb)
        if not refusals(seen, QualityLimits()):
            found.append(seen.hue)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cnmc", type=Path)
    options.add_argument("--cells", type=int, default=60)
    args = options.parse_args()
    random, of_subject = np.random.default_rng(0), dict[tuple[str, str], list[Cell]]()
    for cell in index(args.cnmc).cells:
        of_subject.setdefault((cell.fold, str(cell.subject)), []).append(cell)
    drawn = {
        subject: [cells[place] for place in random.permutation(len(cells))[: args.cells]]
        for subject, cells in sorted(of_subject.items())
    }
    folds = sorted({fold for fold, _ in drawn})
    known: dict[str, tuple[float, float]] = {}
    print("| cells | cells judged | " + " | ".join(f"fold {fold}, by the others' range" for fold in folds) + " |")
    print("|---|---|" + "---|" * len(folds))
    for name, factors in STRENGTHS.items():
        found = {subject: hues(cells, factors) for subject, cells in drawn.items()}
        for fold in folds if not known else ():
            others = [(hue, who) for (where, who), values in found.items() if where != fold for hue in values]
            known[fold] = hue_range(np.array([hue for hue, _ in others]), [who for _, who in others])
        judged = sum(map(len, found.values())) / sum(map(len, drawn.values()))
        told = []
        for fold in folds:
            means = [float(np.mean(values)) for (where, _), values in found.items() if where == fold and values]
            outside = sum(not known[fold][0] <= mean <= known[fold][1] for mean in means)
            told.append(f"{outside} of {len(means)}")
        print(f"| {name} | {100 * judged:.1f} % | {' | '.join(told)} |", flush=True)
    print("; ".join(f"fold {fold} by {low:.1f}–{high:.1f}°" for fold, (low, high) in known.items()))


if __name__ == "__main__":
    main()

"""How far a laboratory's own cells teach: the tables of docs/results/elsewhere.md.

    python studies/adapting.py --data ../shared/data [--draws 20] [--seed 0] [--form half | --model FILE]

ALL-IDB2's cells are cut out as `predict` cuts those of a field, each camera's as if of one (`carrying_cells.py`).
20, 50 and 100 are drawn, half of each class, and `adapt` teaches the shipped model by them; where it refuses, the
parent stays. All the others test it, beside the parent, the areas of cell and nucleus, and the cut-out's mean
saturation and brightness: how far the camera alone tells the classes apart. ALL-IDB2 is measured on and nothing else:
the prior was chosen by `studies/imagined_laboratories.py`.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from carrying_cells import cut_by_camera
from sklearn.metrics import roc_auc_score as auroc

from leukolens.adapt.held_out import LEVEL
from leukolens.adapt.reviewed import reviewed_cells
from leukolens.adapt.seen import SeenCells, see
from leukolens.adapt.teach import NotBetter, learn
from leukolens.base import provenance
from leukolens.model.form import FORMS
from leukolens.model.network_file import NetworkFile

COUNTS = (20, 50, 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--form", choices=list(FORMS), default="float", help="of the model that ships")
    parser.add_argument("--model", type=Path, help="in the place of the one that ships")
    options = parser.parse_args()
    parent = NetworkFile(options.model or FORMS[options.form], threads=1)
    with tempfile.TemporaryDirectory() as name:
        cut = cut_by_camera(options.data / "fields" / "allidb2", Path(name))
        nucleus = {one.path.stem: one.nucleus_um2 for one in cut}
        seen = see(reviewed_cells([name], parent.card), parent)
        alone = {
            "cell area": [one.area for one in seen.quality],
            "nucleus area": [nucleus[cell.path.stem] for cell in seen.cells],
            "saturation": [one.saturation for one in seen.quality],
            "brightness": [one.brightness for one in seen.quality],
        }
        print(f"{len(seen.cells)} cells, {int(seen.labels.sum())} of them ALL; {provenance.machine()}")
        for what, values in alone.items():
            one = auroc(seen.labels, np.array(values))
            print(f"{what} alone: {max(one, 1 - one):.3f}")
        print("| taught by | parent | taught | lowest and highest | gain | below the parent | refused |")
        print("|---|---|---|---|---|---|---|")
        for count in COUNTS:
            print(row(seen, parent, count, draws=options.draws, seed=options.seed), flush=True)


def row(seen: SeenCells, parent: NetworkFile, count: int, *, draws: int, seed: int) -> str:
    """One line of the table."""
    before, after, refused = [], [], 0
    for draw in range(draws):
        random = np.random.default_rng([seed, count, draw])
        taught_by = np.concatenate(
            [random.permutation(np.flatnonzero(seen.labels == label))[: count // 2] for label in (0, 1)]
        )
        others = np.setdiff1d(np.arange(len(seen.cells)), taught_by)
        before.append(auroc(seen.labels[others], seen.logits[others]))
        try:
            layer = learn(chosen(seen, taught_by), parent, seed=draw).layer
        except NotBetter:
            refused += 1
            after.append(before[-1])
        else:
            after.append(auroc(seen.labels[others], layer.logits(seen.features[others, 0])))
    gain = np.array(after) - before
    low, high = np.quantile(gain, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    cells = [
        str(count),
        f"{np.mean(before):.3f}",
        f"{np.mean(after):.3f}",
        f"{min(after):.3f}–{max(after):.3f}",
        f"{gain.mean():+.3f} ({low:+.3f} to {high:+.3f})",
        f"{int((gain < 0).sum())} of {draws}",
        str(refused),
    ]
    return f"| {' | '.join(cells)} |"


def chosen(seen: SeenCells, places: np.ndarray) -> SeenCells:
    """Those cells alone."""
    return replace(
        seen,
        cells=[seen.cells[place] for place in places],
        features=seen.features[places],
        logits=seen.logits[places],
        quality=[seen.quality[place] for place in places],
    )


if __name__ == "__main__":
    main()

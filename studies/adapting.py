"""How far a laboratory's own cells teach: the tables of docs/results/elsewhere.md.

    python studies/adapting.py --data ../shared/data [--draws 20] [--seed 0] [--form half | --model FILE] [--lymphoid]

ALL-IDB2's cells are cut out as `predict` cuts those of a field, each camera's as if of one (`carrying_cells.py`).
20, 50 and 100 are drawn, half of each class, and `adapt` teaches the shipped model by them; where it refuses, the
parent stays. All the others test it, beside the parent, the areas of cell and nucleus, and the cut-out's mean
saturation and brightness: how far the camera alone tells the classes apart. 'answered': the share of the others that
get a verdict from the taught model, 'wrong': of these verdicts. --lymphoid: only the cells that `predict` judges, which
are too few for 100. ALL-IDB2 is measured on and nothing else: the prior was chosen by
`studies/imagined_laboratories.py`.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from carrying_cells import cut_by_camera
from sklearn.metrics import roc_auc_score as auroc

from leukolens.adapt.held_out import LEVEL
from leukolens.adapt.reviewed import reviewed_cells
from leukolens.adapt.seen import SeenCells, see
from leukolens.adapt.teach import NotBetter, learn
from leukolens.base import provenance
from leukolens.decide.cell import to_probability, verdict
from leukolens.model.form import FORMS
from leukolens.model.network_file import NetworkFile

COUNTS = (20, 50, 100)
CLASSES = ("HEM", "ALL")
COLUMNS = (
    "taught by",
    "parent",
    "taught",
    "lowest and highest",
    "gain",
    "below the parent",
    "refused",
    "answered",
    "wrong",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--form", choices=list(FORMS), default="float", help="of the model that ships")
    parser.add_argument("--model", type=Path, help="in the place of the one that ships")
    parser.add_argument("--lymphoid", action="store_true", help="only the cells that predict judges")
    options = parser.parse_args()
    parent = NetworkFile(options.model or FORMS[options.form], threads=1)
    with tempfile.TemporaryDirectory() as name:
        cut = cut_by_camera(options.data / "fields" / "allidb2", Path(name))
        nucleus = {one.path.stem: one.nucleus_um2 for one in cut}
        judged = {one.path.stem for one in cut if one.kind == "lymphoid" or not options.lymphoid}
        seen = see([cell for cell in reviewed_cells([name]) if cell.path.stem in judged], parent)
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
        print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
        for count in COUNTS[: 2 if options.lymphoid else 3]:
            print(row(seen, parent, count, draws=options.draws, seed=options.seed), flush=True)


def row(seen: SeenCells, parent: NetworkFile, count: int, *, draws: int, seed: int) -> str:
    """One line of the table."""
    before, after, refused = [], [], 0
    judged, right = 0, []
    for draw in range(draws):
        others = ~drawn(seen.labels, count, seed=[seed, count, draw])
        labels = seen.labels[others]
        before.append(auroc(labels, seen.logits[others]))
        try:
            taught = learn(seen.only(~others), parent, seed=draw)
        except NotBetter:
            refused += 1
            after.append(before[-1])
            continue
        logits, rule = taught.layer.logits(seen.features[others, 0]), taught.card.cell_rule
        after.append(auroc(labels, logits))
        verdicts = [verdict(p, rule) for p in to_probability(logits / rule.temperature).tolist()]
        right += [one == CLASSES[label] for one, label in zip(verdicts, labels, strict=True) if one in CLASSES]
        judged += len(labels)
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
        f"{100 * len(right) / judged:.0f} %",
        f"{100 * (1 - np.mean(right)):.1f} %",
    ]
    return f"| {' | '.join(cells)} |"


def drawn(labels: np.ndarray, count: int, *, seed: list[int]) -> np.ndarray:
    """(N,) whether a cell teaches: half of them of each class."""
    random = np.random.default_rng(seed)
    each = [random.permutation(np.flatnonzero(labels == label))[: count // 2] for label in (0, 1)]
    return np.isin(np.arange(len(labels)), np.concatenate(each))


if __name__ == "__main__":
    main()

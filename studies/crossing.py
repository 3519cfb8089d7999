"""One recipe on a crossing made to be hard: donors with the largest healthy cells and patients with the smallest blasts
are never trained on, so that who answers by size answers wrongly.

python studies/crossing.py CNMC --init mobilenet_v1_1.0_224_imagenet.npz [--recipe leukolens] [--set epochs=3]

Between folds 0 and 1 size alone reaches an AUROC of .85 and .79 (subjects weighing alike); between 'hard' cells .45.
Prints one row for dev/log; at most 60 cells of a subject are tested. The epochs are of all 5,000 cells.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from lightning.fabric import Fabric
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from leukolens.base import logs
from leukolens.measure.held_out_metrics import Judged, metrics
from leukolens.research.augment.batches import Batches, desaturate, plain_batches
from leukolens.research.augment.sampling import even_weights
from leukolens.research.data.index import index
from leukolens.research.data.split import Split
from leukolens.research.data.store import CellStore, open_store
from leukolens.research.experiments.measure import judged_cells
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.networks.initial_weights import initialise
from leukolens.research.networks.registry import build
from leukolens.research.overrides import with_overrides
from leukolens.research.recipes import recipe
from leukolens.research.train.launch import start_fabric
from leukolens.research.train.loop import Validation, fit
from leukolens.research.train.refit import refit
from leukolens.research.train.run import training_batches

HARD = ("H6", "H7", "H11", "H10", "5", "28", "26", "43", "35", "30")
"""Median area in px: HEM 27,413–37,630, ALL 28,098–31,996."""
USUAL = ("H12", "H19", "45", "16", "23", "38", "11")
"""Tested too, of usual sizes. 25 subjects are left to train on, 6 of them HEM donors."""
CAP = 60


View = Callable[[torch.Tensor], torch.Tensor]
"""(B, 3, H, W) 0–255 → the same cells, seen otherwise."""


def plain(rgb: torch.Tensor) -> torch.Tensor:
    return rgb


def without_colour(rgb: torch.Tensor) -> torch.Tensor:
    return desaturate(rgb, torch.ones(len(rgb), dtype=torch.bool))


@torch.no_grad()
def answers(network: CellNetwork, pixels: torch.Tensor, rows: torch.Tensor, *, view: View) -> NDArray[np.float64]:
    """(N,) log-odds of ALL, of the cells in that view."""
    found = []
    for rgb in plain_batches(pixels, rows, 32, torch.device("cpu")):
        logits = network(view(rgb).contiguous(memory_format=torch.channels_last))
        found.append((logits[:, 1] - logits[:, 0]).double().numpy())
    return np.concatenate(found)


def fitted(
    network: CellNetwork, batches: Batches, store: CellStore, rows: Sequence[int], fabric: Fabric
) -> CellNetwork:
    """Trained on the batches without validation; its last layer fitted anew where the recipe says so."""
    settings = batches.settings
    nothing = Validation(rows=torch.zeros(0, dtype=torch.int64), labels=torch.zeros(0, dtype=torch.int64))
    with tempfile.TemporaryDirectory() as folder:
        best, _ = fit(network, batches, nothing, settings, fabric=fabric, out=Path(folder))
    network.load_state_dict(dict(best))
    if settings.refit:
        refit(network, store, rows, settings, fabric=fabric)
    return network.eval()


def row_of(judged: Judged, hard: NDArray[np.bool_]) -> list[float]:
    """AUROC, like area, hard, worst donor; subjects weigh alike in their class."""
    weights = even_weights(judged.labels, judged.subjects).numpy()
    values = metrics(judged, weights[None], threshold=0.5)
    subjects, is_all = np.array(judged.subjects), judged.labels == 1

    def auroc(chosen: NDArray[np.bool_]) -> float:
        return float(roc_auc_score(judged.labels[chosen], judged.p_all[chosen], sample_weight=weights[chosen]))

    donors = [auroc(is_all | (subjects == donor)) for donor in sorted(set(subjects[~is_all]))]
    return [float(values["auroc"][0]), float(values["auroc_area_matched"][0]), auroc(hard), min(donors)]


def tested(subjects: Sequence[str], names: Sequence[str]) -> list[int]:
    """Rows of at most CAP cells of each named subject, at random."""
    random = np.random.default_rng(0)
    all_subjects = np.array(subjects)
    found: list[int] = []
    for name in names:
        found += sorted(random.permutation(np.flatnonzero(all_subjects == name))[:CAP].tolist())
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cnmc", type=Path)
    options.add_argument("--init", required=True, help="MobileNet v1's ImageNet weights")
    options.add_argument("--recipe", default="leukolens")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--set", nargs="*", default=[], help="as of leukolens train")
    options.add_argument("--keep", type=Path, help="write the log-odds and the weights there")
    args = options.parse_args()
    logs.show()
    settings = with_overrides(recipe(args.recipe, seed=args.seed), args.set)
    store = open_store(index(args.cnmc).cells, settings.preprocess)
    subjects = [str(cell.subject) for cell in store.cells]
    test = tested(subjects, HARD + USUAL)
    train = tuple(row for row, subject in enumerate(subjects) if subject not in HARD + USUAL)
    split = Split(protocol="subject", seed=0, rows={"train": train, "val": (), "test": tuple(test)})
    network = build(settings)
    initialise(network, args.init)
    fabric = start_fabric()
    batches = training_batches(settings, store, split, fabric)
    fitted(network, batches, store, train, fabric)
    told = {}
    for name, view in (("cells", plain), ("grey", without_colour)):
        logits = answers(network, batches.pixels, torch.tensor(test), view=view)
        judged = judged_cells(store, tuple(test), 1 / (1 + np.exp(-logits)))
        told[name] = row_of(judged, np.isin(judged.subjects, HARD))
        if args.keep is not None:
            np.savez(args.keep.with_suffix(f".{name}.npz"), logits=logits, **asdict(judged))
    if args.keep is not None:
        torch.save(network.state_dict(), args.keep.with_suffix(".pt"))
    print(f"| {args.recipe} {' '.join(args.set)} |", " | ".join(f"{v:.3f}" for row in told.values() for v in row), "|")


if __name__ == "__main__":
    main()

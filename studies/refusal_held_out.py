"""How many cells of held-out subjects the checks refuse when the limit of the distance comes from other subjects.

python studies/refusal_held_out.py CNMC --benchmark DIR [--recipe leukolens] --init mobilenet_v1_1.0_224_imagenet.npz

DIR: a folder of `leukolens benchmark` in which the recipe has been tried on each fold. `leukolens release` takes the
limit from all experiments together and leaves no subject to count refusals on; here each experiment's limit is what the
others give, and its own test cells are counted. A row for each experiment: quality, distance, either, by class.
"""

import argparse
from pathlib import Path

import numpy as np

from leukolens.cells.quality import QualityLimits, measure, refusals
from leukolens.images.decode import read_rgb
from leukolens.research.data.cell import labels_of
from leukolens.research.data.index import index
from leukolens.research.data.store import open_store
from leukolens.research.experiments.experiment import make_experiments
from leukolens.research.experiments.release import farther_of
from leukolens.research.recipes import recipe


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cnmc", type=Path)
    options.add_argument("--benchmark", type=Path, required=True)
    options.add_argument("--init", required=True, help="as the benchmark was started with")
    options.add_argument("--recipe", default="leukolens")
    args = options.parse_args()
    settings = recipe(args.recipe, seed=0)
    store = open_store(index(args.cnmc).cells, settings.preprocess)
    experiments = make_experiments(store, {args.recipe: settings}, seeds=(0,), init=args.init, out=args.benchmark)
    experiments = [
        experiment for experiment in experiments if experiment.split.protocol == "subject" and experiment.done
    ]
    references, unseen, farther = zip(*(farther_of(experiment, store) for experiment in experiments), strict=True)
    print("| held-out cells | cells | quality | distance | either | either, ALL | either, HEM |")
    print("|---|---|---|---|---|---|---|")
    for place, experiment in enumerate(experiments):
        others = float(np.mean(farther[:place] + farther[place + 1 :]))
        cells = [store.cells[row] for row in experiment.split.rows["test"]]
        quality = np.array([bool(refusals(measure(read_rgb(cell.path)), QualityLimits())) for cell in cells])
        far = references[place].distance(unseen[place]) > references[place].limit * others
        either, labels = quality | far, labels_of(cells)
        shares = (quality, far, either, either[labels == 1], either[labels == 0])
        metrics = " | ".join(f"{100 * share.mean():.2f} %" for share in shares)
        print(f"| {args.recipe}, {experiment.protocol} | {len(cells)} | {metrics} |", flush=True)


if __name__ == "__main__":
    main()

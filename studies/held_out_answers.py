"""Each held-out cell's answer, by the tested network of an experiment: what results/held-out-patients keeps no copy of.

    python studies/held_out_answers.py CNMC --init WEIGHTS [--fold 0] [--seed 0] [--work /tmp/held-out] [--recipe half
        --results results/half]

`leukolens benchmark` writes such a table itself, beside the networks that calibrate. This trains only the network that
is tested, anew: its split, recipe and seed; a training that was cut goes on, and in a benchmark's folder as --work
nothing is trained. It answers the cells that it has not seen, with temperature and threshold of the committed
experiment. Writes answers/fold-K-seed-S.csv below --results and prints AUROC beside the committed figure: another
precision or processor gives another network, and that shows by how much.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from leukolens.base import atomic
from leukolens.measure.held_out_metrics import metrics
from leukolens.research.data.index import index
from leukolens.research.data.store import open_store
from leukolens.research.experiments.experiment import RESULT, Basis, make_experiments
from leukolens.research.experiments.measure import judged_cells, raw_answers, tempered, trained, with_validation
from leukolens.research.recipes import RECIPES

RESULTS = Path("results/held-out-patients")
COLUMNS = ("cell", "subject", "label", "p_all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cnmc", type=Path)
    parser.add_argument("--init", required=True)
    parser.add_argument("--fold", default="0")
    parser.add_argument("--recipe", choices=list(RECIPES), default="leukolens")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--work", type=Path, default=Path("/tmp/held-out"))
    options = parser.parse_args()

    recipe = RECIPES[options.recipe]
    store = open_store(index(options.cnmc).cells, recipe.preprocess)
    basis = Basis(data=options.cnmc, patient_from=None, store=store, init=options.init)
    every = make_experiments(store, {options.recipe: recipe}, seeds=[options.seed], init=options.init, out=options.work)
    (experiment,) = [one for one in every if one.protocol == f"test fold {options.fold}"]
    facts = json.loads((options.results / "runs" / experiment.folder.name / RESULT).read_text())
    calibration = facts["calibration"]

    split = with_validation(experiment.split)
    classifier = trained(experiment, split, experiment.folder, basis)
    rows = split.rows["test"]
    p_all = tempered(raw_answers(classifier, store, rows), calibration["temperature"])
    judged = judged_cells(store, rows, p_all)
    cells = [store.cells[row] for row in rows]
    lines = [f"{cell.name},{cell.subject},{cell.label},{value:.6f}\n" for cell, value in zip(cells, p_all, strict=True)]
    out = options.results / "answers" / f"fold-{options.fold}-seed-{options.seed}.csv"
    out.parent.mkdir(exist_ok=True)
    atomic.write_text(out, ",".join(COLUMNS) + "\n" + "".join(lines))

    found = metrics(judged, np.ones((1, len(rows))), threshold=calibration["threshold"])
    for name in ("auroc", "sensitivity", "specificity", "ece"):
        print(f"{name:<12} {found[name][0]:.4f}  committed {facts['metrics'][name]['value']:.4f}")


if __name__ == "__main__":
    main()

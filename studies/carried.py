"""How well model files tell blasts from normal white cells of a laboratory that nothing was trained on: ALL-IDB2.

    python studies/carried.py MODEL.onnx [MODEL.onnx ...] [--data ../shared/data]

Its cells are cut out and brought to C-NMC's colours by `carrying_cells.py`; no label of it is used but to measure.
Patients are not known, so the intervals are over cells.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from carrying_cells import of_cameras
from numpy.typing import NDArray

from leukolens.base import provenance
from leukolens.measure.held_out_metrics import Judged, aurocs
from leukolens.measure.subject_bootstrap import Metric, metric_of, subject_weights
from leukolens.model.network_file import NetworkFile, as_input
from leukolens.research.data.cell import labels_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    networks = [NetworkFile(path) for path in options.models]
    with tempfile.TemporaryDirectory() as folder:
        preprocess = networks[0].card.preprocess
        cells, nuclei = of_cameras(options.data / "fields" / "allidb2", Path(folder), preprocess)
        rgb = as_input(np.array(cells.store.pixels))
    labels = labels_of(cells.store.cells)
    names = tuple(cell.path.stem for cell in cells.store.cells)

    def judged(values: NDArray[np.float64]) -> Judged:
        return Judged(labels=labels, p_all=values, subjects=names, areas=nuclei)

    print(f"{len(labels)} cells, {int(labels.sum())} of them ALL; {provenance.machine()}")
    print(f"nucleus area alone: {_told(_auroc(judged(nuclei)))}")
    print("| file | model | epochs | AUROC [95 %] | − nucleus area's [95 %] |\n|---|---|---|---|---|")
    for network in networks:
        found = judged(network.scores(rgb).logit.astype(np.float64))
        card = network.card
        file = f"{network.path.parent.name}/{network.path.name}"
        told = [file, card.model_id, card.settings.get("epochs"), _told(_auroc(found))]
        gain = _told(_gain(found, judged(nuclei)), "+.3f")
        print(f"| {' | '.join(map(str, [*told, gain]))} |", flush=True)


def _auroc(one: Judged) -> Metric:
    value = float(aurocs(one.labels, one.p_all, np.ones((1, len(one.labels))))[0])
    return metric_of(value, aurocs(one.labels, one.p_all, subject_weights(one, seed=0)))


def _gain(one: Judged, other: Judged) -> Metric:
    """The first's AUROC less the second's, on the same draws of cells."""
    values = [aurocs(each.labels, each.p_all, np.ones((1, len(each.labels))))[0] for each in (one, other)]
    weights = subject_weights(one, seed=0)
    drawn = [aurocs(each.labels, each.p_all, weights) for each in (one, other)]
    return metric_of(float(values[0] - values[1]), drawn[0] - drawn[1])


def _told(one: Metric, form: str = ".3f") -> str:
    return f"{one.value:{form}} [{one.low:{form}} to {one.high:{form}}]"


if __name__ == "__main__":
    main()

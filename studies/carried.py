"""How well model files tell blasts from normal white cells of a laboratory that nothing was trained on: ALL-IDB2.

    python studies/carried.py MODEL.onnx [MODEL.onnx ...] [--data ../shared/data]

Its cells are cut out and brought to C-NMC's colours by `carrying_cells.py`; no label of it is used but to measure. Its
normal cells are white cells of any kind, which `predict` does not judge where it sees another kind: the last columns
rank those below all others, as it calls none of them a blast; the last counts verdicts on the others outside the band.
Patients are not known, so the intervals are over cells.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from carrying_cells import of_cameras
from numpy.typing import NDArray

from leukolens.base import provenance
from leukolens.decide.cell import decide
from leukolens.measure.held_out_metrics import Judged, aurocs
from leukolens.measure.subject_bootstrap import Metric, auroc_gain, metric_of, subject_weights
from leukolens.model.network_file import NetworkFile, as_input
from leukolens.model.preprocess import Preprocess
from leukolens.research.data.cell import labels_of

Values = NDArray[np.float64]
LOWEST = -1e3
"""Log-odds of what is not lymphoid."""
COLUMNS = (
    "what answers",
    "epochs",
    "every cell",
    "lymphoid ones",
    "every cell, kinds known",
    "− nucleus area's",
    "answered",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    networks = [NetworkFile(path) for path in options.models]
    rgb: dict[Preprocess, NDArray[np.float32]] = {}
    for preprocess in {network.card.preprocess for network in networks}:  # the same cells, in the same order
        with tempfile.TemporaryDirectory() as folder:
            cells, seen = of_cameras(options.data / "fields" / "allidb2", Path(folder), preprocess)
            rgb[preprocess] = as_input(np.array(cells.store.pixels))
    labels = labels_of(cells.store.cells)
    names = tuple(cell.path.stem for cell in cells.store.cells)
    kinds, nuclei = np.array([one.kind for one in seen]), np.array([one.nucleus_um2 for one in seen])
    lymphoid, another = kinds == "lymphoid", kinds == "other_white"

    def judged(values: Values, rows: NDArray[np.bool_]) -> Judged:
        chosen = tuple(name for name, row in zip(names, rows, strict=True) if row)
        return Judged(labels=labels[rows], p_all=values[rows], subjects=chosen, areas=nuclei[rows])

    def row(values: Values) -> list[str]:
        every = np.ones(len(labels), np.bool_)
        known, size = (judged(np.where(another, LOWEST, one), every) for one in (values, nuclei))
        return [
            _told(_auroc(judged(values, every))),
            _told(_auroc(judged(values, lymphoid))),
            _told(_auroc(known)),
            _told(auroc_gain(known, size, seed=0), "+.3f"),
        ]

    print(f"{len(labels)} cells, {int(labels.sum())} of them ALL; {provenance.machine()}")
    print(f"lymphoid: {_counted(labels[lymphoid])}; other white cells: {_counted(labels[another])}")
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    print(f"| nucleus area | | {' | '.join(row(nuclei))} | |")
    for network in networks:
        told = [f"{network.path.parent.name}/{network.path.name}", str(network.card.settings.get("epochs"))]
        logits = network.scores(rgb[network.card.preprocess]).logit.astype(np.float64)
        verdicts = np.array([decide(logit, network.card.cell_rule).verdict for logit in logits])[~another]
        print(f"| {' | '.join([*told, *row(logits), _answered(verdicts, labels[~another])])} |", flush=True)


def _counted(labels: NDArray[np.int64]) -> str:
    return f"{int(labels.sum())} ALL and {int((1 - labels).sum())} normal"


def _answered(verdicts: NDArray[np.str_], labels: NDArray[np.int64]) -> str:
    answered = np.isin(verdicts, ("ALL", "HEM"))
    wrong = answered & ((verdicts == "ALL") != (labels == 1))
    return f"{int(answered.sum())} of {len(labels)}, {int(wrong.sum())} wrongly"


def _auroc(one: Judged) -> Metric:
    value = float(aurocs(one.labels, one.p_all, np.ones((1, len(one.labels))))[0])
    return metric_of(value, aurocs(one.labels, one.p_all, subject_weights(one, seed=0)))


def _told(one: Metric, form: str = ".3f") -> str:
    return f"{one.value:{form}} [{one.low:{form}} to {one.high:{form}}]"


if __name__ == "__main__":
    main()

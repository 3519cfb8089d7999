"""What an export starts from: a model, its run where there is one, and the cells that calibrate and check.

A model file alone, as the one inside the package, is enough for all forms but the float ONNX: its card tells how its
cells were split, and their digest must be the card's.

Calibration takes cells of the training part. The gate takes the test part; a model that trained on every cell has none,
and is checked on training cells that did not calibrate: the gate asks whether two files agree, not which is right.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from leukolens.base.errors import RunError
from leukolens.base.progress import track
from leukolens.decide.cell import p_all as probability
from leukolens.decide.cell import verdict
from leukolens.model.network_file import Scores, as_input
from leukolens.predict.classifier import Classifier
from leukolens.research.data.cell import labels_of
from leukolens.research.data.split import PROTOCOLS, Part, Split, make_split, read_split, write_split
from leukolens.research.data.store import CellStore
from leukolens.research.evaluate.answers import answers
from leukolens.research.evaluate.evaluate import facts_store, read_facts, run_store
from leukolens.research.export.gate import Answers
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.networks.registry import build
from leukolens.research.settings import restored

CALIBRATION_CELLS = 256
GATE_CELLS = 1000
"""At most; with 1000 cells one verdict is a tenth of what the gate allows."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A model and its cells, ready to be exported."""

    run: Path
    """The folder of a finished run, or a model file."""
    classifier: Classifier
    """The run's model.onnx, or that file."""
    calibration: NDArray[np.uint8]
    """(M, size, size, 3) RGB, 0–255: training cells."""
    gate: NDArray[np.uint8]
    """(N, size, size, 3) RGB, 0–255: other cells."""
    labels: NDArray[np.int64]
    """(N,) 0 HEM, 1 ALL, of the gate's cells."""
    part: Part
    """Where the gate's cells come from."""


def open_source(
    run: Path,
    *,
    data: Path | None = None,
    patient_from: str | None = None,
    cells: int = CALIBRATION_CELLS,
    seed: int = 0,
) -> Source:
    """Read a run, or a model file, and draw its cells.

    data, patient_from: where the cells stand now and whose they are; default as at training. cells: for the
    calibration, at most; half of the training cells where the other half must check. Raises RunError when the folder is
    not a finished run, `data` does not hold the model's cells, or there are too few for both.
    """
    classifier, store, split = (_of_model if run.is_file() else _of_run)(run, data, patient_from)
    random = np.random.default_rng(seed)
    train = random.permutation(split.rows["train"])
    part: Part = "test" if split.rows["test"] else "train"
    if part == "train":
        cells = min(cells, len(train) // 2)
    calibration = np.sort(train[:cells])
    rest = train[cells:] if part == "train" else random.permutation(split.rows["test"])
    gate = np.sort(rest[:GATE_CELLS])
    labels = labels_of([store.cells[row] for row in gate])
    if len(set(labels.tolist())) < 2:
        raise RunError(
            "leaves no cells of both classes on which to check an export", path=run, hint="Train with more cells"
        )
    return Source(
        run=run,
        classifier=classifier,
        calibration=store.pixels[calibration],
        gate=store.pixels[gate],
        labels=labels,
        part=part,
    )


def _of_run(run: Path, data: Path | None, patient_from: str | None) -> tuple[Classifier, CellStore, Split]:
    facts = read_facts(run)
    classifier = Classifier(run / "model.onnx")
    store = facts_store(run, facts, classifier, data=data, patient_from=patient_from)
    split = read_split(run / "split.csv", store.cells, store.digests, protocol=facts.protocol, seed=facts.seed)
    return classifier, store, split


def _of_model(path: Path, data: Path | None, patient_from: str | None) -> tuple[Classifier, CellStore, Split]:
    """The split is made again from the card, and must have the digest that stands there."""
    if data is None:
        raise RunError("is a model without its run", path=path, hint="Say with --data where its cells are")
    classifier = Classifier(path)
    card = classifier.card
    store = run_store(
        path, fold=card.fold, data_hash=card.data_hash, classifier=classifier, data=data, patient_from=patient_from
    )
    (protocol,) = (name for name in PROTOCOLS if name == card.protocol)
    split = make_split(store.cells, store.digests, protocol=protocol, seed=card.settings["seed"])
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "split.csv"
        write_split(written, split, store.cells, store.digests)
        digest = hashlib.sha256(written.read_bytes()).hexdigest()
    if digest != card.split_hash:
        raise RunError(
            "was split in a way that cannot be rebuilt from its card", path=path, hint="Give the folder of its run"
        )
    return classifier, store, split


def trained_network(source: Source) -> CellNetwork:
    """The run's weights in its network, for evaluation. Raises RunError when they are gone or are others."""
    path = source.run / "model.safetensors"
    if source.run.is_file():
        raise RunError("is a model without its trained weights", path=source.run, hint="Give the folder of its run")
    if not path.is_file():
        raise RunError("is missing; it holds the trained weights", path=path, hint="Train again")
    settings, _ = restored(source.classifier.card.settings)
    network = build(settings)
    try:
        network.load_state_dict(load_file(path))
    except Exception as error:  # safetensors raises a class of its own; torch a RuntimeError for other names or shapes
        raise RunError("does not hold the weights of this run", path=path, hint="Train again") from error
    return network.eval()


def onnx_answers(classifier: Classifier, source: Source, what: str) -> Answers:
    """What `classifier`'s model says of the gate's cells. what: for the progress line."""
    scores = answers(classifier, source.gate, range(len(source.gate)), said=what)
    return judged(classifier, [scores])


def torch_answers(network: CellNetwork, source: Source, what: str) -> Answers:
    """What the trained network itself says of the gate's cells, by the run's card and reference of features."""
    model, names = network.cpu().float().exported()
    found = []
    with torch.no_grad(), track(what, len(source.gate), unit="cells") as advance:
        for start in range(0, len(source.gate), 16):
            here = source.gate[start : start + 16]
            outputs = dict(zip(names, model(torch.from_numpy(as_input(here))), strict=True))
            features = outputs["features"].numpy() if "features" in outputs else None
            found.append(Scores(logit=outputs["logit"].numpy(), evidence=None, features=features))
            advance(len(here))
    return judged(source.classifier, found)


def judged(classifier: Classifier, batches: Sequence[Scores]) -> Answers:
    """A model's raw answers → what `classifier`'s card and reference of features make of them: its verdicts, 'refused'
    for a cell that lies too far from those the model knows. The limits on the whole image concern no export."""
    rule = classifier.card.cell_rule
    p_all = np.concatenate([probability(one.logit, rule) for one in batches])
    verdicts = [str(verdict(float(p), rule)) for p in p_all]
    for place, features in enumerate(row for one in batches if one.features is not None for row in one.features):
        reference = classifier.reference
        if reference is not None and reference.refusal(float(reference.distance(features[None])[0])) is not None:
            verdicts[place] = "refused"
    return Answers(p_all=p_all, verdicts=tuple(verdicts))

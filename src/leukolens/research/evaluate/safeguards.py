"""What keeps a trained model from answering where it should not, from the run's own validation part.

Every model of `leukolens train` gets the limits of the image, the reference of features, a temperature and the band of
'uncertain'; the threshold stays. Under the paper's protocol the validation cells' subjects were trained on, and the
card says so: the band is then too narrow for a new patient, and no share rule can be fitted.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from leukolens.cells.quality import QualityLimits
from leukolens.decide.calibrate import CalibrationError, fit_temperature, widened_band
from leukolens.model.card import ModelCard
from leukolens.model.distance import FeatureReference, fit_reference
from leukolens.predict.classifier import Classifier
from leukolens.research.data.cell import labels_of
from leukolens.research.data.split import Split, read_split
from leukolens.research.data.store import CellStore
from leukolens.research.evaluate.answers import answers
from leukolens.research.evaluate.evaluate import read_facts, run_store
from leukolens.research.networks.onnx_file import write_card

ERROR = 0.03
"""Share of the answers to validation cells outside the band that may be wrong."""
AT_MOST = 1000
"""Training cells, drawn by the run's seed, whose features the reference is fitted on."""


def safeguard(run: Path, *, data: Path | None = None) -> ModelCard:
    """Write them into the run's model.onnx, once; returns its card. data: where the cells stand now.

    Raises RunError as `evaluate` does. A run without validation cells gets the limits of the image alone.
    """
    path = run / "model.onnx"
    classifier = Classifier(path)
    card = classifier.card
    if card.quality is not None:
        return card
    facts = read_facts(run)
    store = run_store(run, fold=facts.fold, data_hash=facts.data_hash, classifier=classifier, data=data)
    split = read_split(run / "split.csv", store.cells, store.digests, protocol=facts.protocol, seed=facts.seed)
    card = replace(card, quality=QualityLimits())
    reference = None
    if split.rows["val"]:
        scores = answers(classifier, store.pixels, split.rows["val"], said="validation cells")
        card = _calibrated(card, scores.logit.astype(np.float64), store, split)
        if scores.features is not None:
            reference = _reference(classifier, store, split, scores.features, seed=facts.seed)
    write_card(path, card, reference)
    return card


def _calibrated(card: ModelCard, odds: NDArray[np.float64], store: CellStore, split: Split) -> ModelCard:
    """Temperature and band; as it was where the validation cells are of one class."""
    cells = [store.cells[row] for row in split.rows["val"]]
    labels, subjects = labels_of(cells), [str(cell.subject) for cell in cells]
    try:
        temperature = fit_temperature(odds, labels, subjects)
    except CalibrationError:
        return card
    band = widened_band(expit(odds / temperature), labels, threshold=card.threshold, error=ERROR)
    trained = {str(store.cells[row].subject) for row in split.rows["train"]}
    known = len(trained & set(subjects))
    told = f"answers to the {len(cells)} validation cells of the run, of {len(set(subjects))} subjects"
    told += f", {known} of whom it was trained on" if known else ", none of whom it was trained on"
    return replace(card, temperature=temperature, band=band, calibration=told)


def _reference(
    classifier: Classifier, store: CellStore, split: Split, held_out: NDArray[np.float32], *, seed: int
) -> FeatureReference | None:
    drawn = np.random.default_rng(seed).permutation(split.rows["train"])[:AT_MOST]
    rows: Sequence[int] = sorted(drawn.tolist())
    training = answers(classifier, store.pixels, rows, said="features of training cells").features
    if training is None or len(training) < 4:
        return None
    return fit_reference(training, held_out)

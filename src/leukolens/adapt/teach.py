"""A parent model and a laboratory's reviewed cells → a model of its own, measured on cells that were left out.

It reads the parent's features by a last layer of its own; the features stay. It is written only where its answers to
cells left out are not worse than the parent's, nor than those of the form that judges these cells without it.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukolens.adapt.choose import at_most, enough, of_known_patients
from leukolens.adapt.held_out import Gain, Parts, gain, parts_of
from leukolens.adapt.layer import even_weights, fit_layer
from leukolens.adapt.limits import moved, renewed
from leukolens.adapt.reviewed import ReviewedCell
from leukolens.adapt.seen import VIEWS, SeenCells, see
from leukolens.base import atomic, provenance
from leukolens.base.errors import ModelError
from leukolens.cells.quality import QualityLimits
from leukolens.decide.calibrate import fit_temperature, hue_range, threshold_for_sensitivity, widened_band
from leukolens.decide.cell import p_all, to_probability
from leukolens.decide.fit_share import fit_share_rule, subjects_of_class
from leukolens.decide.share import ShareRule
from leukolens.model import distance
from leukolens.model.card import FORMAT, METADATA_KEY, ModelCard
from leukolens.model.distance import FeatureReference
from leukolens.model.graph import read_graph
from leukolens.model.last_layer import LastLayer, read_last_layer, with_last_layer, with_texts
from leukolens.model.lineage import Lineage
from leukolens.model.network_file import NetworkFile

log = logging.getLogger(__name__)

SENSITIVITY, ERROR = 0.95, 0.03
"""As of the model that ships: of the operating point, and the share of wrong answers outside the band."""
ENOUGH_BLASTS = 40
"""Held-out blasts from which the operating point is chosen by its sensitivity: two of them lie below it. Of fewer it is
an even chance."""
FEWEST_PATIENTS = 3
"""Of each class, with as many cells as `decide.fit_share` asks for, for a share rule."""
_DIFFERENCE = 1e-3
"""Largest difference of a log-odds between the layer that was fitted and the file that is written."""


class NotBetter(ModelError):
    """A taught model that answers cells left out worse than what judges without it; it is not written."""


@dataclass(frozen=True, kw_only=True)
class Taught:
    """A laboratory's model, not written yet."""

    layer: LastLayer
    card: ModelCard
    reference: FeatureReference
    gain: Gain
    parts: Parts
    seen: SeenCells
    held_out: NDArray[np.float64]
    """(N,) probability of ALL, each by a layer that had not seen the cell."""
    beside: Gain | None = None
    """Over the form that judges without it, where that is not the parent."""


def teach(
    cells: Sequence[ReviewedCell], parent: NetworkFile, *, judge: NetworkFile | None = None, seed: int = 0
) -> Taught:
    """Look at the cells, then `learn`, then compare with what judges them so far.

    parent, judge: opened with one thread; judge: None for the parent itself. Raises as `learn` does, and NotBetter for
    a model that the judge surpasses: a laboratory that took it would lose.
    """
    enough(cells, "were given")
    seen = see(at_most(cells, seed=seed), parent, judge=judge)
    taught = learn(seen, parent, seed=seed)
    if judge is None or seen.judged is None:
        return taught
    return _beside(taught, p_all(seen.judged, judge.card.cell_rule), judge.card.model_id, seed=seed)


def _beside(taught: Taught, judged: NDArray[np.float64], by: str, *, seed: int) -> Taught:
    found = gain(taught.seen.labels, taught.held_out, judged, taught.parts.units, seed=seed)
    if found.worse:
        lost = found.told(taught.parts.unit, whose="that model's")
        raise NotBetter(
            f"the new model answers {len(judged)} left-out cells worse than {by}, which judges now: {lost}",
            hint="Continue with `leukolens predict` as it is, and try again with more reviewed cells, of more patients",
        )
    return replace(taught, beside=found)


def learn(seen: SeenCells, parent: NetworkFile, *, seed: int = 0) -> Taught:
    """Fit, calibrate and measure.

    Raises DatasetError for too few cells or one class, ModelError for a parent that cannot be taught, and NotBetter.
    """
    seen = of_known_patients(seen, seed=seed)
    enough(seen.cells, "can be used")
    layer, reference = _base(parent)
    parts = parts_of(seen.labels, seen.patients, seed=seed)
    held_out = np.empty(len(seen.cells))
    for left_out in range(parts.count):
        mine = parts.part == left_out
        held_out[mine] = _fitted(seen, ~mine, parts, layer, reference).logits(seen.features[mine, 0])
    temperature = fit_temperature(held_out, seen.labels, parts.units.tolist())
    p_held_out = to_probability(held_out / temperature)
    found = gain(seen.labels, p_held_out, p_all(seen.logits, parent.card.cell_rule), parts.units, seed=seed)
    if found.worse:
        raise NotBetter(
            f"the new model answers {len(seen.cells)} left-out cells worse than its parent: {found.told(parts.unit)}",
            hint="Keep the parent, and try again with more reviewed cells, of more patients",
        )
    if found.parent_auroc < 0.5:
        log.warning(
            f"its parent ranks these cells worse than chance (AUROC {found.parent_auroc:.3f}): check their labels, "
            "--um-per-px, and that they are cut out as `leukolens predict` cuts them, before you use the new model"
        )
    taught = _fitted(seen, np.ones(len(seen.cells), np.bool_), parts, layer, reference)
    threshold = _threshold(p_held_out, seen.labels)
    card = replace(
        parent.card,
        format=FORMAT,
        temperature=temperature,
        threshold=threshold,
        # at least the parent's: twenty cells without an error do not show that at most 3 % are wrong
        band=widened_band(p_held_out, seen.labels, threshold=threshold, error=ERROR, band=parent.card.band),
        share_rule=_share_rule(seen, parts, p_held_out),
        quality=renewed(parent.card.quality or QualityLimits(), seen.quality),
        calibration=_described(seen, parts),
        lineage=_lineage(seen, parts, found, parent.card),
        commit=provenance.commit(),
        versions=provenance.versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return Taught(
        layer=taught,
        card=replace(card, model_id=_id(card, taught)),
        reference=moved(reference, seen.features[:, 0], parts.part),
        gain=found,
        parts=parts,
        seen=seen,
        held_out=p_held_out,
    )


def write(taught: Taught, parent: NetworkFile, out: Path) -> ModelCard:
    """Write the model file, once it answers as it was fitted; returns its card."""
    if out.exists() and out.samefile(parent.path):
        raise ModelError("is the model to be taught", path=out, hint="Give another --out")
    data = with_last_layer(parent.path.read_bytes(), taught.layer)
    card = replace(taught.card, graph_digest=read_graph(data).digest)
    texts = {METADATA_KEY: card.to_json(), distance.METADATA_KEY: taught.reference.to_json()}
    with atomic.place(out) as temporary:
        temporary.write_bytes(with_texts(data, texts))
        _answers_as_fitted(NetworkFile(temporary, threads=1), taught)
    return card


def _base(parent: NetworkFile) -> tuple[LastLayer, FeatureReference]:
    """What of the parent holds the new layer."""
    hint = "Teach the model that comes with LeukoLens, or another MobileNet_M"
    if parent.reference is None:
        raise ModelError("does not say where the features of its training cells lie", path=parent.path, hint=hint)
    if parent.card.lineage is not None:
        hint = "Give the model that it was taught from, with all reviewed cells"
        raise ModelError("has already been taught", path=parent.path, hint=hint)
    try:
        return read_last_layer(parent.path.read_bytes()), parent.reference
    except ValueError as error:
        raise ModelError(f"cannot be taught: {error}", path=parent.path, hint=hint) from error


def _fitted(
    seen: SeenCells, chosen: NDArray[np.bool_], parts: Parts, layer: LastLayer, reference: FeatureReference
) -> LastLayer:
    """The layer that those cells teach, each view of a cell a part of it."""
    labels = seen.labels[chosen]
    weights = even_weights(labels, np.where(seen.patients == "", parts.units, seen.patients)[chosen])
    features = seen.features[chosen].reshape(-1, seen.features.shape[-1])
    return fit_layer(
        features, np.repeat(labels, VIEWS), np.repeat(weights / VIEWS, VIEWS), parent=layer, reference=reference
    )


def _threshold(p_held_out: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    if labels.sum() < ENOUGH_BLASTS:
        return 0.5
    # where the classes lie apart, the sensitivity would be kept by a threshold above every normal cell
    return min(0.5, threshold_for_sensitivity(p_held_out, labels, sensitivity=SENSITIVITY))


def _share_rule(seen: SeenCells, parts: Parts, p_held_out: NDArray[np.float64]) -> ShareRule | None:
    """None where patients are not known, or too few have enough cells."""
    if parts.unit != "patients":
        return None
    patients = seen.patients.tolist()
    blasts, normal = (subjects_of_class(p_held_out, seen.labels, patients, label) for label in (1, 0))
    if min(len(blasts), len(normal)) < FEWEST_PATIENTS:
        return None
    hues = np.array([one.hue for one in seen.quality])
    return fit_share_rule(blasts, normal, hues=hue_range(hues, patients))


def _described(seen: SeenCells, parts: Parts) -> str:
    left_out = "cell"
    whom = ""
    if parts.unit == "patients":
        left_out, whom = "patient", f" of {len(set(seen.patients))} patients"
    return f"answers to {len(seen.cells)} cells{whom} of a laboratory, each by a layer that had not seen the {left_out}"


def _lineage(seen: SeenCells, parts: Parts, found: Gain, parent: ModelCard) -> Lineage:
    names = ("HEM", "ALL")
    lines = sorted(f"{cell.content} {names[cell.label]} {cell.patient}\n" for cell in seen.cells)
    blasts = int(seen.labels.sum())
    return Lineage(
        parent=parent.model_id,
        cells=hashlib.sha256("".join(lines).encode()).hexdigest(),
        blasts=blasts,
        normal=len(seen.cells) - blasts,
        patients=len(set(seen.patients) - {""}),
        left_out=parts.unit,
        auroc=found.auroc,
        parent_auroc=found.parent_auroc,
        gain=(found.low, found.high),
    )


def _id(card: ModelCard, layer: LastLayer) -> str:
    """Of the layer and all that is decided by."""
    decided = (layer.weight.tobytes().hex(), layer.offset, card.lineage, card.cell_rule, card.quality, card.share_rule)
    return hashlib.sha256(repr(decided).encode()).hexdigest()[:12]


def _answers_as_fitted(written: NetworkFile, taught: Taught) -> None:
    """Raises ModelError where the file does not."""
    (again,) = (see(taught.seen.cells[:1], written).logits,)
    expected = taught.layer.logits(taught.seen.features[:1, 0])
    if not np.abs(again - expected).max() <= _DIFFERENCE:
        raise ModelError("does not answer as fitted", path=written.path, hint="Report this as a bug")

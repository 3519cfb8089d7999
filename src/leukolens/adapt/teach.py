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

from leukolens.adapt.held_out import Gain, Parts, gain, parts_of
from leukolens.adapt.layer import even_weights, fit_layer
from leukolens.adapt.limits import moved, renewed
from leukolens.adapt.reviewed import ReviewedCell
from leukolens.adapt.seen import VIEWS, SeenCells, see
from leukolens.base import atomic, provenance
from leukolens.base.errors import DatasetError, ModelError
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

FEWEST, FEWEST_OF_A_CLASS = 20, 5
"""Cells that can teach."""
MOST = 500
"""Of more, so many are drawn: each further one teaches less and takes as long."""
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
    _enough(cells, "were given")
    seen = see(_at_most(cells, seed=seed), parent, judge=judge)
    taught = learn(seen, parent, seed=seed)
    if judge is None or seen.judged is None:
        return taught
    return _beside(taught, p_all(seen.judged, judge.card.cell_rule), judge.card.model_id, seed=seed)


def _beside(taught: Taught, judged: NDArray[np.float64], by: str, *, seed: int) -> Taught:
    found = gain(taught.seen.labels, taught.held_out, judged, taught.parts.units, seed=seed)
    if found.worse:
        lost = told(found, taught.parts, whose="that model's")
        raise NotBetter(
            f"answers {len(judged)} cells left out worse than {by}, which judges so far: {lost}",
            hint="Go on with `leukolens predict` as it is, and come back with more reviewed cells, of more patients",
        )
    return replace(taught, beside=found)


def learn(seen: SeenCells, parent: NetworkFile, *, seed: int = 0) -> Taught:
    """Fit, calibrate and measure.

    Raises DatasetError for too few cells or one class, ModelError for a parent that cannot be taught, and NotBetter.
    """
    _enough(seen.cells, "can teach")
    layer, reference = _base(parent)
    parts = parts_of(seen.labels, seen.patients, seed=seed)
    held_out = np.empty(len(seen.cells))
    for left_out in range(parts.part.max() + 1):
        mine = parts.part == left_out
        held_out[mine] = _fitted(seen, ~mine, parts, layer, reference).logits(seen.features[mine, 0])
    temperature = fit_temperature(held_out, seen.labels, parts.units.tolist())
    p_held_out = to_probability(held_out / temperature)
    found = gain(seen.labels, p_held_out, p_all(seen.logits, parent.card.cell_rule), parts.units, seed=seed)
    if found.worse:
        raise NotBetter(
            f"answers {len(seen.cells)} cells left out worse than its parent: {told(found, parts)}",
            hint="Keep the parent, and come back with more reviewed cells, of more patients",
        )
    taught = _fitted(seen, np.ones(len(seen.cells), np.bool_), parts, layer, reference)
    threshold = _threshold(p_held_out, seen.labels)
    card = replace(
        parent.card,
        format=FORMAT,
        temperature=temperature,
        threshold=threshold,
        band=widened_band(p_held_out, seen.labels, threshold=threshold, error=ERROR),
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
        raise ModelError("is the model that is taught", path=out, hint="Give another --out")
    data = with_last_layer(parent.path.read_bytes(), taught.layer)
    card = replace(taught.card, graph_digest=read_graph(data).digest)
    texts = {METADATA_KEY: card.to_json(), distance.METADATA_KEY: taught.reference.to_json()}
    with atomic.place(out) as temporary:
        temporary.write_bytes(with_texts(data, texts))
        _answers_as_fitted(NetworkFile(temporary, threads=1), taught)
    return card


def told(found: Gain, parts: Parts, *, whose: str = "the parent's") -> str:
    """The gain in a sentence's part."""
    return (
        f"AUROC {found.auroc:.3f}, {whose} {found.parent_auroc:.3f} "
        f"(difference {found.auroc - found.parent_auroc:+.3f}, 95 % over {parts.unit} {found.low:+.3f} to "
        f"{found.high:+.3f}); mean squared error {found.brier:.3f}, {whose} {found.parent_brier:.3f}"
    )


def report(taught: Taught) -> str:
    """What a person should know of it, line by line."""
    lineage, card = taught.card.lineage, taught.card
    assert lineage is not None
    assert card.band is not None
    measured = "each patient left out in turn"
    if taught.parts.unit == "cells":
        measured = (
            "each cell left out in turn; patients are not known, or too few, and a new patient's cells are harder"
        )
    beside = []
    if taught.beside is not None:
        gained = told(taught.beside, taught.parts, whose="that model's")
        beside = [f"  and beside the form that judges without it: {gained}"]
    lines = [
        f"Taught by {lineage.blasts} ALL and {lineage.normal} HEM cells"
        + f" of {lineage.patients} patients" * bool(lineage.patients),
        f"Measured with {measured}:",
        f"  {told(taught.gain, taught.parts)}",
        *beside,
        "Patients get a share of blasts" if card.share_rule else "Patients get no share of blasts: too few are known",
        f"Verdict ALL from p = {card.threshold:.2f} on, uncertain from {card.band[0]:.2f} to {card.band[1]:.2f}",
    ]
    return "\n".join(lines)


def _enough(cells: Sequence[ReviewedCell], what: str) -> None:
    blasts = sum(cell.label for cell in cells)
    normal = len(cells) - blasts
    if len(cells) < FEWEST or min(blasts, normal) < FEWEST_OF_A_CLASS:
        raise DatasetError(
            f"{len(cells)} cells {what} ({blasts} ALL, {normal} HEM); at least {FEWEST} are needed, "
            f"{FEWEST_OF_A_CLASS} of each class",
            hint="Review more cells",
        )


def _at_most(cells: Sequence[ReviewedCell], *, seed: int) -> Sequence[ReviewedCell]:
    if len(cells) <= MOST:
        return cells
    log.info(f"{MOST} of {len(cells)} cells are drawn")
    drawn = np.random.default_rng(seed).permutation(len(cells))[:MOST]
    return [cells[place] for place in sorted(drawn)]


def _base(parent: NetworkFile) -> tuple[LastLayer, FeatureReference]:
    """What of the parent holds the new layer."""
    hint = "Teach the model that comes with LeukoLens, or another MobileNet_M"
    if parent.reference is None:
        raise ModelError("does not hold where its training cells lie", path=parent.path, hint=hint)
    if parent.card.lineage is not None:
        hint = "Give the model that it was taught from, with all reviewed cells"
        raise ModelError("was taught already", path=parent.path, hint=hint)
    try:
        return read_last_layer(parent.path.read_bytes()), parent.reference
    except ValueError as error:
        raise ModelError(f"cannot be taught: {error}", path=parent.path, hint=hint) from error


def _fitted(
    seen: SeenCells, chosen: NDArray[np.bool_], parts: Parts, layer: LastLayer, reference: FeatureReference
) -> LastLayer:
    """The layer that those cells teach, each view of a cell a part of it."""
    labels = seen.labels[chosen]
    weights = even_weights(labels, parts.units[chosen])
    features = seen.features[chosen].reshape(-1, seen.features.shape[-1])
    return fit_layer(
        features, np.repeat(labels, VIEWS), np.repeat(weights / VIEWS, VIEWS), parent=layer, reference=reference
    )


def _threshold(p_held_out: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    if labels.sum() < ENOUGH_BLASTS:
        return 0.5
    return threshold_for_sensitivity(p_held_out, labels, sensitivity=SENSITIVITY)


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
    """Of the layer and all that is decided by; the same cells give the same id."""
    decided = (layer.weight.tobytes().hex(), layer.offset, card.lineage, card.cell_rule, card.quality, card.share_rule)
    return hashlib.sha256(repr(decided).encode()).hexdigest()[:12]


def _answers_as_fitted(written: NetworkFile, taught: Taught) -> None:
    """Raises ModelError where the file does not."""
    (again,) = (see(taught.seen.cells[:1], written).logits,)
    expected = taught.layer.logits(taught.seen.features[:1, 0])
    if not np.abs(again - expected).max() <= _DIFFERENCE:
        raise ModelError("does not answer as it was fitted", path=written.path, hint="Report this as a bug")

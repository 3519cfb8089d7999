"""A taught model → what a person should know of it before it is used, line by line."""

from leukolens.adapt.teach import FEWEST_PATIENTS, Taught
from leukolens.decide.cell import verdict
from leukolens.decide.fit_share import MIN_CELLS

FEW_PATIENTS = 5
"""Of a class; with fewer, an interval is too narrow."""
_SHARE_NEEDS = f"that takes {FEWEST_PATIENTS} patients of each class with {MIN_CELLS} cells of it"


def report(taught: Taught) -> str:
    """Without a line end."""
    lineage, card = taught.card.lineage, taught.card
    assert lineage is not None
    assert card.band is not None
    measured = f"patients left out, in {taught.parts.count} parts"
    if taught.parts.unit == "cells":
        measured = f"cells left out, in {taught.parts.count} parts; patients are not known, or too few"
        measured += ", and a new patient's cells are harder"
    beside = []
    if taught.beside is not None:
        gained = taught.beside.told(taught.parts.unit, whose="that model's")
        beside = [f"  compared with the form that judges now: {gained}"]
    lines = [
        f"Taught by {lineage.blasts} ALL and {lineage.normal} HEM cells"
        + f" of {lineage.patients} patients" * bool(lineage.patients),
        f"Measured with {measured}:",
        f"  {taught.gain.told(taught.parts.unit)}",
        *beside,
        *_few_patients(taught),
        "Patients get a share of blasts" if card.share_rule else f"Patients get no share of blasts: {_SHARE_NEEDS}",
        f"Verdict ALL from p = {card.threshold:.2f} on, uncertain from {card.band[0]:.2f} to {card.band[1]:.2f}: "
        + _answers(taught),
    ]
    return "\n".join(lines)


def _few_patients(taught: Taught) -> list[str]:
    if taught.parts.unit == "cells":
        return []
    fewest = min(len(set(taught.seen.patients[taught.seen.labels == label])) for label in (0, 1))
    told = f"  One class has {fewest} patients: with fewer than {FEW_PATIENTS}, the interval is too narrow"
    return [told] if fewest < FEW_PATIENTS else []


def _answers(taught: Taught) -> str:
    """How many of the cells left out are answered, and how many of these wrongly."""
    verdicts = [verdict(p, taught.card.cell_rule) for p in taught.held_out.tolist()]
    answered = [(one, label) for one, label in zip(verdicts, taught.seen.labels, strict=True) if one != "uncertain"]
    wrong = sum((one == "ALL") != (label == 1) for one, label in answered)
    return f"{len(answered)} of {len(verdicts)} cells left out get an answer, {wrong} a wrong one"

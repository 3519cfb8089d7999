"""A judged case and a table of what its cells truly are → how good the model is in this laboratory.

numpy only: `leukolens evaluate --case day.case --truth truth.csv` runs in a base install. Every other measurement here
was made on C-NMC's cells; a laboratory's stain, camera and patients are its own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukolens.base.errors import DatasetError
from leukolens.cases.row import Row
from leukolens.cases.store import Case
from leukolens.decide.patient import PatientAnswer, patient_answer
from leukolens.measure.held_out_metrics import Judged
from leukolens.measure.subject_bootstrap import Metric, intervals
from leukolens.model.card import ModelCard
from leukolens.predict.path_table import read_path_table

ALL_NAMES, HEM_NAMES = frozenset({"all", "blast", "1"}), frozenset({"hem", "normal", "0"})
"""What a table may call a leukemic blast, and a normal cell; capitals do not matter."""
SHOWN = ("auroc", "sensitivity", "specificity", "accuracy", "weighted_f1", "brier", "ece")
"""Of `held_out_metrics`, those that need nothing but the answers."""
FEW = 20
"""Cells of a class below which its figures say little: the 95 % interval of 18 of 20 is .70 to .97."""


@dataclass(frozen=True, kw_only=True)
class OwnPatient:
    """A patient's told share of blasts beside the true one."""

    patient: str
    cells: int
    """Judged, with a truth."""
    truth: float
    """Share of blasts among them."""
    answer: PatientAnswer
    """Of the same cells."""

    @property
    def covered(self) -> bool | None:
        """Whether the told interval holds the true share; None without one."""
        if self.answer.low is None or self.answer.high is None:
            return None
        return self.answer.low <= self.truth <= self.answer.high


@dataclass(frozen=True, kw_only=True)
class OwnCells:
    """How good the model is on these cells."""

    blasts: int
    """Judged cells that truly are ALL."""
    normal: int
    """Judged cells that truly are HEM."""
    not_judged: int
    """Cells with a truth that were refused or could not be read."""
    without_truth: int
    """Judged cells that the table does not name."""
    subjects: int
    """Patients of the judged cells; 0 where they are not known, and intervals are over cells."""
    metrics: dict[str, Metric]
    """SHOWN, with 95 % intervals over patients."""
    firm: int
    """Judged cells with ALL or HEM rather than 'uncertain'."""
    wrong: int
    """Of these."""
    patients: tuple[OwnPatient, ...]
    """Where they are known, by name."""


def measure_own(case: Case, truth: Path, *, seed: int = 0) -> OwnCells:
    """truth: CSV with the columns path and label (ALL or HEM); a relative path starts at the table's folder or at the
    current one. seed: of the bootstrap. Raises CaseError for a case without a model, DatasetError for a table that
    cannot be read, names another label, or knows no judged cell of both classes."""
    card = case.used_card()
    find = read_path_table(truth, needs="label").find("label")
    rows = list(case.rows())
    known = [(row, label) for row in rows if (label := _label(find(Path(row.path)), row, truth)) is not None]
    answered = [(row, label) for row, label in known if row.judged]
    without = sum(row.judged for row in rows) - len(answered)
    blasts = sum(label for _, label in answered)
    if not answered:
        raise DatasetError(
            "names no judged file of the case", path=truth, hint="Write the paths as in the case's table"
        )
    if blasts in (0, len(answered)):
        only = "ALL" if blasts else "HEM"
        raise DatasetError(f"labels {only} cells only", path=truth, hint="Both classes are needed to tell them apart")
    return _measured(answered, card, not_judged=len(known) - len(answered), without_truth=without, seed=seed)


def _label(text: str, row: Row, truth: Path) -> int | None:
    name = text.lower()
    if not name:
        return None
    if name not in ALL_NAMES | HEM_NAMES:
        raise DatasetError(f"labels {row.path} {text!r}", path=truth, hint="Write ALL or HEM")
    return int(name in ALL_NAMES)


def _measured(
    answered: Sequence[tuple[Row, int]], card: ModelCard, *, not_judged: int, without_truth: int, seed: int
) -> OwnCells:
    rows, labels = zip(*answered, strict=True)
    named = all(row.patient for row in rows)
    judged = Judged(
        labels=np.array(labels, np.int64),
        p_all=np.array([row.p_all for row in rows], np.float64),
        subjects=tuple(row.patient for row in rows) if named else tuple(map(str, range(len(rows)))),
        areas=np.full(len(rows), np.nan),
    )
    found = intervals(judged, threshold=card.threshold, seed=seed)
    firm = [(row.verdict == "ALL") == bool(label) for row, label in answered if row.verdict in ("ALL", "HEM")]
    return OwnCells(
        blasts=sum(labels),
        normal=len(labels) - sum(labels),
        not_judged=not_judged,
        without_truth=without_truth,
        subjects=len(set(judged.subjects)) if named else 0,
        metrics={name: found[name] for name in SHOWN},
        firm=len(firm),
        wrong=firm.count(False),
        patients=_patients(answered, card) if named else (),
    )


def _patients(answered: Sequence[tuple[Row, int]], card: ModelCard) -> tuple[OwnPatient, ...]:
    found = []
    for name in sorted({row.patient for row, _ in answered}):
        mine = [(row, label) for row, label in answered if row.patient == name]
        found.append(
            OwnPatient(
                patient=name,
                cells=len(mine),
                truth=math.fsum(label for _, label in mine) / len(mine),
                answer=patient_answer([row for row, _ in mine], card.share_rule),
            )
        )
    return tuple(found)


def told(own: OwnCells) -> str:
    """All of it, as a terminal shows it."""
    over = f"over {own.subjects} patients" if own.subjects else "over cells, because their patients are not known"
    lines = [f"{own.blasts + own.normal} judged cells: {own.blasts} ALL, {own.normal} HEM; 95 % intervals {over}"]
    lines += [f"  {name.replace('_', ' '):<12} {_told(own.metrics[name])}" for name in SHOWN]
    if own.firm:
        lines.append(f"  {own.wrong} of {own.firm} answers wrong; {own.blasts + own.normal - own.firm} cells uncertain")
    for count, what in (
        (own.not_judged, "cells in the table were not judged"),
        (own.without_truth, "judged cells are not in the table"),
    ):
        if count:
            lines.append(f"  {count} {what}")
    for one in own.patients:
        inside = {True: "holds it", False: "MISSES IT", None: ""}[one.covered]
        lines.append(
            f"{one.patient}: truly {one.truth:.0%} of {one.cells} cells. {one.answer.statement} {inside}".rstrip()
        )
    if min(own.blasts, own.normal) < FEW:
        lines.append(f"Fewer than {FEW} cells of a class: these metrics say little.")
    return "\n".join(lines)


def _told(metric: Metric) -> str:
    return f"{metric.value:.3f} ({metric.low:.3f}–{metric.high:.3f})"

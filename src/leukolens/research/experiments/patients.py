"""An experiment's patients: the share rule from the subjects that calibrated, the answers of the tested ones."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukolens.cells.quality import QualityLimits, measure, refusals
from leukolens.decide.calibrate import CalibrationError, hue_range
from leukolens.decide.cell import CellRule, verdict
from leukolens.decide.fit_share import Subject, fit_share_rule, subjects_of_class
from leukolens.decide.patient import patient_answer
from leukolens.decide.share import ShareRule
from leukolens.images.decode import read_rgb
from leukolens.measure.held_out_metrics import Judged
from leukolens.research.data.store import CellStore


@dataclass(frozen=True, kw_only=True)
class _Cell:
    """One cell as `decide.patient` asks for it."""

    verdict: str
    p_all: float
    hue: float | None
    content: str = ""


def _subjects(judged: Judged, label: int) -> list[Subject]:
    return subjects_of_class(judged.p_all, judged.labels, judged.subjects, label)


def rule_of(inner: Judged, hues: NDArray[np.float64]) -> tuple[ShareRule | None, str]:
    """The rule that these cells give, with their p(ALL) after the temperature; or None and why there is none.

    hues: (N,) degrees of their cells; NaN where one would be refused.
    """
    try:
        rule = fit_share_rule(_subjects(inner, 1), _subjects(inner, 0))
    except CalibrationError as error:
        return None, str(error)
    seen = ~np.isnan(hues)
    if not seen.any():
        return rule, ""
    return replace(rule, hues=hue_range(hues[seen], list(np.array(inner.subjects)[seen]))), ""


def hues_of(store: CellStore, rows: tuple[int, ...]) -> NDArray[np.float64]:
    """(N,) degrees of the rows' cells; NaN for a cell that the quality limits refuse."""
    found = [measure(read_rgb(store.cells[row].path)) for row in rows]
    return np.array([np.nan if refusals(one, QualityLimits()) else one.hue for one in found], np.float64)


def judge_patients(
    inner: Judged,
    tested: Judged,
    cells: CellRule,
    *,
    inner_hues: NDArray[np.float64],
    tested_hues: NDArray[np.float64],
) -> dict[str, Any]:
    """The rule and each tested subject's answer, as JSON; without a rule there is no share, and `why_no_rule`.

    inner, tested: cells with their p(ALL) after the temperature; hues: of their cells, NaN where one is refused, and
    that cell is then left out of its subject's answer. A subject's truth is the label of its cells.
    """
    rule, why_no_rule = rule_of(inner, inner_hues)
    subjects = np.array(tested.subjects)
    patients = []
    for subject in sorted(set(tested.subjects)):
        mine = np.flatnonzero((subjects == subject) & ~np.isnan(tested_hues))
        label = "all" if (tested.labels[subjects == subject] == 1).any() else "hem"
        p_all, hues = tested.p_all[mine].tolist(), tested_hues[mine].tolist()
        found = [_Cell(verdict=verdict(p, cells), p_all=p, hue=hue) for p, hue in zip(p_all, hues, strict=True)]
        patients.append({"subject": subject, "label": label, **asdict(patient_answer(found, rule))})
    return {"rule": None if rule is None else asdict(rule), "why_no_rule": why_no_rule, "patients": patients}


def counted(found: Mapping[str, Any]) -> dict[str, list[str]]:
    """Subjects by what became of them: 'right' when one of blasts is above and one without shows no sign of it."""
    groups: dict[str, list[str]] = {"right": [], "wrong": [], "cannot tell": [], "no share": []}
    for one in found["patients"]:
        said_all = {"above": "all", "no sign": "hem"}.get(one["finding"])
        answered = "right" if said_all == one["label"] else "wrong"
        group = "cannot tell" if one["finding"] == "cannot tell" else "no share"
        groups[group if said_all is None else answered].append(one["subject"])
    return groups

"""An experiment's patients: the rule from the subjects that calibrated, the verdicts of the tested ones."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from leukolens.decide.patient import PatientRule, patient_verdict
from leukolens.research.evaluate.calibration import CalibrationError, fit_patient_rule
from leukolens.research.evaluate.held_out_metrics import Judged


def rule_of(inner: Judged, *, threshold: float) -> tuple[PatientRule | None, str]:
    """The rule that these cells give, with their p(ALL) after the temperature; or None and why there is none."""
    try:
        return fit_patient_rule(inner, threshold=threshold), ""
    except CalibrationError as error:
        return None, str(error)


def judge_patients(inner: Judged, tested: Judged, *, threshold: float) -> dict[str, Any]:
    """The rule and each tested patient's verdict, as JSON; without a rule there is no verdict, and `why_no_rule`.

    inner, tested: cells with their p(ALL) after the temperature. A patient's truth is the label of the cells.
    """
    rule, why_no_rule = rule_of(inner, threshold=threshold)
    if rule is None:
        return {"rule": None, "why_no_rule": why_no_rule, "patients": []}
    subjects = np.array(tested.subjects)
    patients = []
    for subject in sorted(set(tested.subjects)):
        mine = subjects == subject
        label = "all" if (tested.labels[mine] == 1).any() else "hem"
        verdict = patient_verdict(tested.p_all[mine], rule, threshold=threshold)
        patients.append({"subject": subject, "label": label, **asdict(verdict)})
    return {"rule": asdict(rule), "why_no_rule": "", "patients": patients}


def counted(found: Mapping[str, Any]) -> dict[str, list[str]]:
    """Subjects by what became of them: 'right', 'wrong', 'uncertain', 'too few cells'."""
    groups: dict[str, list[str]] = {"right": [], "wrong": [], "uncertain": [], "too few cells": []}
    for one in found["patients"]:
        verdict = one["verdict"]
        answered = "right" if verdict == one["label"].upper() else "wrong"
        group = answered if verdict in ("ALL", "HEM") else verdict
        groups[group].append(one["subject"])
    return groups

"""experiments.patients: the rule comes from those who calibrate alone; every tested patient is counted once."""

import numpy as np
from numpy.typing import NDArray

from leukolens.decide.cell import CellRule
from leukolens.measure.held_out_metrics import Judged
from leukolens.research.experiments.patients import counted, judge_patients

RULE = CellRule(threshold=0.5, band=(0.4, 0.6))


def cells(**patients: tuple[float, int]) -> Judged:
    """name=(middle of its log-odds, cells); names that begin with 'h' are healthy."""
    random = np.random.default_rng(0)
    odds = np.concatenate([random.normal(middle, 1, count) for middle, count in patients.values()])
    names = [name for name, (_, count) in patients.items() for _ in range(count)]
    return Judged(
        labels=np.array([int(not name.startswith("h")) for name in names]),
        p_all=1 / (1 + np.exp(-odds)),
        subjects=tuple(names),
        areas=np.ones(len(names)),
    )


INNER = cells(h1=(-3, 40), h2=(-3.5, 40), h3=(-4, 40), h4=(-3.2, 40), a1=(3, 40), a2=(4, 40), a3=(3.5, 40))


def judged(tested: Judged, tested_hues: NDArray[np.float64] | None = None) -> dict[str, str]:
    found = judge_patients(
        INNER,
        tested,
        RULE,
        inner_hues=np.full(len(INNER.labels), 290.0),
        tested_hues=np.full(len(tested.labels), 290.0) if tested_hues is None else tested_hues,
    )
    assert found["rule"]["hues"] == (289.0, 291.0)
    assert counted(found)["right"] == [
        one["subject"]
        for one in found["patients"]
        if (one["label"], one["finding"]) in (("all", "above"), ("hem", "no sign"))
    ]
    return {one["subject"]: one["finding"] for one in found["patients"]}


def test_each_tested_patient_is_answered_by_its_cells() -> None:
    tested = cells(h5=(-4, 100), h6=(4, 100), h7=(-4, 3), a4=(4, 100), a5=(-5, 100))
    assert judged(tested) == {"h5": "no sign", "h6": "above", "h7": "too few cells", "a4": "above", "a5": "no sign"}


def test_the_rule_of_other_stains_holds_here_too() -> None:
    tested = cells(a4=(4, 100), a5=(4, 100), a6=(4, 100))
    hues = np.repeat([288.9, 291.0, np.nan], 100)
    assert judged(tested, hues) == {"a4": "other stain", "a5": "above", "a6": "too few cells"}


def test_without_a_rule_nobody_gets_a_share_and_the_reason_is_told() -> None:
    inner, tested = cells(h1=(-3, 40), a1=(3, 3)), cells(h3=(-3, 40))
    known = {"inner_hues": np.full(43, 290.0), "tested_hues": np.full(40, 290.0)}
    found = judge_patients(inner, tested, RULE, **known)
    assert found["rule"] is None
    assert "0 ALL subjects have 5 cells" in found["why_no_rule"]
    assert counted(found) == {"right": [], "wrong": [], "cannot tell": [], "no share": ["h3"]}

"""Patients' counts are what a plain count over the rows gives."""

from dataclasses import replace

import numpy as np
from cardmaker import CALIBRATED, CARD
from rowmaker import ODD, row

from leukolens.cases.row import Row
from leukolens.decide.patient import patient_verdict
from leukolens.report.summary import Tally, plain

ROWS = [
    *(row(patient="A", verdict="ALL", p_all=p) for p in (0.9, 0.8, 0.7)),
    row(patient="A", verdict="HEM", p_all=0.1),
    row(patient="B", verdict="uncertain", p_all=0.55),
    row(patient="B", verdict="uncertain", p_all=0.45),
    row(patient="B", verdict="refused", p_all=None),
    row(patient="C", verdict=None, p_all=None),
    row(patient="", verdict="ALL", p_all=1.0),
    row(patient="D", verdict="HEM", p_all=0.0),
]


def tally(rows: list[Row], threshold: float = 0.5) -> Tally:
    found = Tally(replace(CARD, threshold=threshold))
    for one in rows:
        found.add(one)
    return found


def test_counts_of_each_patient() -> None:
    found = {one.patient: one for one in tally(ROWS).patients()}
    counts = {name: (one.files, one.judged, one.called_all, one.share, one.uncertain) for name, one in found.items()}
    assert counts == {
        "A": (4, 4, 3, 0.75, 0),
        "B": (3, 2, 1, 0.5, 2),
        "C": (1, 0, 0, None, 0),
        "": (1, 1, 1, 1.0, 0),
        "D": (1, 1, 0, 0.0, 0),
    }
    assert [one.verdict for one in found.values()] == [None] * 5


def test_the_highest_share_comes_first_and_who_has_none_last() -> None:
    assert [one.patient for one in tally(ROWS).patients()] == ["", "A", "B", "D", "C"]


def test_random_rows_against_a_plain_count() -> None:
    random = np.random.default_rng(0)
    rows = []
    for _ in range(500):
        p = round(float(random.random()), 6)
        rows.append(row(patient=str(random.integers(6)), verdict="ALL" if p >= 0.3 else "HEM", p_all=p))
    for one in tally(rows, threshold=0.3).patients():
        mine = [each for each in rows if each.patient == one.patient]
        called = sum(each.verdict == "ALL" for each in mine)
        assert (one.files, one.judged, one.called_all) == (len(mine), len(mine), called)
        assert one.share == called / len(mine)


def test_a_rounded_row_is_called_what_its_verdict_says() -> None:
    above, below = (row(patient="A", verdict=verdict, p_all=0.123456) for verdict in ("ALL", "HEM"))
    (one,) = tally([above, below, below], threshold=0.1234564).patients()
    assert one.called_all == 1
    (one,) = tally([above, below, below], threshold=0.1234556).patients()
    assert one.called_all == 1


def test_without_any_patient_there_is_no_table() -> None:
    assert tally([row(patient=""), row(patient="", verdict=None, p_all=None)]).patients() == []
    assert tally([]).patients() == []


def test_the_line_counts_every_answer() -> None:
    assert tally(ROWS).line() == "8 judged, 4 ALL, 2 HEM, 2 uncertain; 2 not"
    assert tally(ROWS[:4]).line() == "4 judged, 3 ALL, 1 HEM; 0 not"
    assert tally(ODD).line() == "5 judged, 2 ALL, 2 HEM, 1 uncertain; 2 not"


def test_the_rule_of_the_card_gives_the_verdict() -> None:
    counted = Tally(CALIBRATED)
    for one in ROWS:
        counted.add(one)
    rule = CALIBRATED.patient_rule
    assert rule is not None
    found = {one.patient: one for one in counted.patients()}
    assert found["A"].verdict == patient_verdict(np.array([0.9, 0.8, 0.7, 0.1]), rule, threshold=0.5)
    assert found["B"].verdict == patient_verdict(np.array([0.55, 0.45]), rule, threshold=0.5)
    assert found["C"].verdict is not None
    assert found["C"].verdict.verdict == "too few cells"
    assert found[""].verdict is None
    assert plain(counted.patients()).splitlines()[0].endswith("verdict")
    assert counted.rule() == (
        "A patient's verdict is ALL when the share's whole interval (in brackets, 95%) lies above 0.4, "
        "HEM when it lies below 0.3, else uncertain; fewer than 2 judged cells are too few. A mean hue outside "
        "283.5–296.0° is another stain."
    )


def test_a_patient_of_another_stain_is_told_and_gets_no_verdict() -> None:
    counted = Tally(CALIBRATED)
    for one in (
        *(row(patient="A", hue=hue) for hue in (280.0, 286.9)),  # mean 283.45
        row(patient="A", verdict="refused", p_all=None, hue=300.0),  # not judged: its hue does not count
        *(row(patient="B", hue=hue) for hue in (280.0, 290.0)),
        row(patient="C", hue=200.0),  # one cell tells nothing
        *(row(patient="", hue=hue) for hue in (297.0, 298.0)),
    ):
        counted.add(one)
    found = {one.patient: one for one in counted.patients()}
    assert {name: one.hue for name, one in found.items()} == {"A": 283.45, "B": 285.0, "C": 200.0, "": 297.5}
    answers = {name: one.verdict and one.verdict.verdict for name, one in found.items()}
    assert answers == {"A": "other stain", "B": "uncertain", "C": "too few cells", "": None}
    assert counted.stain() == (
        "Stained unlike every patient that the model knows: (not known), A (mean hue outside 283.5–296.0°). Its "
        "probabilities do not carry over to them."
    )
    assert plain(counted.patients()).splitlines()[0].split()[-2:] == ["hue", "verdict"]


def test_a_known_stain_and_a_model_that_knows_none_warn_of_nothing() -> None:
    known = Tally(CALIBRATED)
    for hue in (283.5, 296.0):
        known.add(row(patient="A", hue=hue))
    assert known.stain() == ""
    assert tally([row(patient="A", hue=1.0)] * 9).stain() == ""


def test_a_card_without_a_rule_says_so() -> None:
    assert CARD.patient_rule is None
    assert tally(ROWS).rule() == "No patient gets a verdict: this model has no patient rule."


def test_the_plain_table() -> None:
    assert plain(tally(ROWS).patients()).splitlines() == [
        "patient      files  judged  called ALL  share  uncertain  not judged",
        "(not known)      1       1           1  1.000          0           0",
        "A                4       4           3  0.750          0           0",
        "B                3       2           1  0.500          2           1",
        "D                1       1           0  0.000          0           0",
        "C                1       0           0                 0           1",
    ]

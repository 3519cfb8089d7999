"""Patients' counts are what a plain count over the rows gives."""

from dataclasses import replace

import numpy as np
from cardmaker import CALIBRATED, CARD
from rowmaker import ODD, row

from leukolens.cases.row import Row
from leukolens.decide.patient import patient_answer
from leukolens.report.summary import Tally, plain

ROWS = [
    *(row(patient="A", verdict="ALL", p_all=p, sha256=f"{p}") for p in (0.9, 0.8, 0.7)),
    row(patient="A", verdict="HEM", p_all=0.1, sha256="0.1"),
    row(patient="B", verdict="uncertain", p_all=0.55, sha256="0.55"),
    row(patient="B", verdict="uncertain", p_all=0.45, sha256="0.45"),
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
    found = {one.patient: one.answer for one in tally(ROWS).patients()}
    counts = {
        name: (one.files, one.judged, one.called_all, one.called_hem, one.uncertain) for name, one in found.items()
    }
    assert counts == {
        "A": (4, 4, 3, 1, 0),
        "B": (3, 2, 0, 0, 2),
        "C": (1, 0, 0, 0, 0),
        "": (1, 1, 1, 0, 0),
        "D": (1, 1, 0, 1, 0),
    }


def test_the_highest_share_comes_first_and_who_has_none_last() -> None:
    counted = Tally(CALIBRATED)
    for patient, called in (("P", 1), ("Q", 9), ("R", 5)):
        for n in range(10):
            counted.add(row(patient=patient, p_all=0.9 if n < called else 0.1, sha256=f"{patient}{n}", hue=None))
    counted.add(row(patient="N", verdict=None, p_all=None))
    assert [one.patient for one in counted.patients()] == ["Q", "R", "P", "N"]


def test_random_rows_against_a_plain_count() -> None:
    random = np.random.default_rng(0)
    rows = []
    for n in range(500):
        p = round(float(random.random()), 6)
        verdict = "ALL" if p >= 0.3 else "HEM"
        rows.append(row(patient=str(random.integers(6)), verdict=verdict, p_all=p, sha256=str(n)))
    for one in tally(rows, threshold=0.3).patients():
        mine = [each for each in rows if each.patient == one.patient]
        called = sum(each.verdict == "ALL" for each in mine)
        assert (one.answer.files, one.answer.judged, one.answer.called_all) == (len(mine), len(mine), called)


def test_without_any_patient_there_is_no_table() -> None:
    assert tally([row(patient=""), row(patient="", verdict=None, p_all=None)]).patients() == []
    assert tally([]).patients() == []


def test_the_line_counts_every_answer() -> None:
    assert tally(ROWS).line() == "8 judged, 4 ALL, 2 HEM, 2 uncertain; images not judged: 2"
    assert tally(ROWS[:4]).line() == "4 judged, 3 ALL, 1 HEM; images not judged: 0"
    assert tally(ODD).line() == "5 judged, 2 ALL, 2 HEM, 1 uncertain; images not judged: 2"


def test_the_answer_is_decides_and_comes_anew_with_each_row() -> None:
    counted = Tally(CALIBRATED)
    for one in ROWS:
        counted.add(one)
    found = {one.patient: one for one in counted.patients()}
    assert found["A"].answer == patient_answer(ROWS[:4], CALIBRATED.share_rule)
    assert found["A"].answer.share is not None
    assert found["C"].answer.finding == "too few cells"
    assert found[""].statement == "The patient of these files is not known, so they get no share together."
    assert found["A"].statement in plain(counted.patients())
    counted.add(row(patient="A", verdict="HEM", p_all=0.01, sha256="new"))
    after = {one.patient: one for one in counted.patients()}
    assert (after["A"].answer.judged, after["B"]) == (5, found["B"])


def test_the_rule_is_explained_with_its_source() -> None:
    told = Tally(CALIBRATED).rule()
    assert "identical files counted once, from 2 cells on" in told
    assert "Limit of 20%: WHO and ICC 2022: 20 % of marrow cells; here, of the judged lymphoid cells." in told
    assert told.endswith("A mean hue outside 283.5–296.0° is another stain.")


def test_a_patient_of_another_stain_is_told_and_gets_no_share() -> None:
    counted = Tally(CALIBRATED)
    for number, one in enumerate(
        (
            *(row(patient="A", hue=hue) for hue in (280.0, 286.9)),  # mean 283.45
            row(patient="A", verdict="refused", p_all=None, hue=300.0),  # not judged: its hue does not count
            *(row(patient="B", hue=hue) for hue in (280.0, 290.0)),
            row(patient="C", hue=200.0),  # one cell tells nothing
            *(row(patient="", hue=hue) for hue in (297.0, 298.0)),
        )
    ):
        counted.add(replace(one, sha256=str(number)))
    found = {one.patient: one.answer for one in counted.patients()}
    assert {name: one.hue for name, one in found.items()} == {"A": 283.45, "B": 285.0, "C": 200.0, "": 297.5}
    assert {name: one.finding for name, one in found.items() if name} == {
        "A": "other stain",
        "B": "cannot tell",
        "C": "too few cells",
    }
    assert counted.stain() == (
        "Stained unlike every patient that the model knows: (not known), A (mean hue outside 283.5–296.0°). Its "
        "probabilities do not carry over to them."
    )
    assert "hue" in plain(counted.patients()).splitlines()[0].split()


def test_a_known_stain_and_a_model_that_knows_none_warn_of_nothing() -> None:
    known = Tally(CALIBRATED)
    for hue in (283.5, 296.0):
        known.add(row(patient="A", hue=hue, sha256=str(hue)))
    assert known.stain() == ""
    assert tally([row(patient="A", hue=1.0)] * 9).stain() == ""


def test_a_card_without_a_rule_says_so() -> None:
    assert CARD.share_rule is None
    assert tally(ROWS).rule() == "No patient gets a share of blasts: this model has no share rule."


def test_the_plain_table() -> None:
    nobody, none = (
        "The patient of these files is not known, so they get no share together.",
        ("No share of blasts: this model has no share rule."),
    )
    assert plain(tally(ROWS[:7] + ROWS[8:9]).patients()).splitlines() == [
        "patient      files  judged  copies  called ALL  called HEM  uncertain  answer",
        f"(not known)      1       1       0           1           0          0  {nobody}",
        f"A                4       4       0           3           1          0  {none}",
        f"B                3       2       0           0           0          2  {none}",
    ]

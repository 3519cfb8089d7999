"""decide.patient: who is counted, and the sentence that is said."""

from dataclasses import dataclass, replace

import pytest
from sharemaker import SHARE_RULE

from leukolens.decide.patient import patient_answer
from leukolens.decide.share import ShareRule


@dataclass(frozen=True, kw_only=True)
class Record:
    """A cell's record, as little as is asked of it."""

    verdict: str | None = "ALL"
    p_all: float | None = 0.9
    hue: float | None = 290.0
    content: str = ""


def records(all_: int, hem: int, *, hue: float | None = 290.0) -> list[Record]:
    blasts = [Record(hue=hue, content=f"a{n}") for n in range(all_)]
    return blasts + [Record(verdict="HEM", p_all=0.1, hue=hue, content=f"h{n}") for n in range(hem)]


def test_every_file_is_counted_once_under_one_name() -> None:
    unsure = Record(verdict="uncertain", p_all=0.6, content="u")
    others = [Record(verdict="refused", p_all=None, content="r"), Record(verdict=None, p_all=None, hue=None)]
    found = patient_answer([*records(30, 20), unsure, *others], SHARE_RULE)
    assert (found.files, found.judged, found.called_all, found.called_hem, found.uncertain) == (53, 51, 30, 20, 1)


def test_sixteen_copies_of_one_cell_are_one() -> None:
    found = patient_answer([Record(content="same")] * 16, SHARE_RULE)
    assert (found.files, found.judged, found.copies, found.called_all) == (16, 1, 15, 1)
    assert found.statement == "No share of blasts: too few judged cells (1; 2 are needed)."
    assert found.share is None


def test_cells_without_a_digest_are_no_copies_of_each_other() -> None:
    assert patient_answer([Record(), Record(), Record()], SHARE_RULE).judged == 3


def test_a_share_is_told_with_its_interval_and_what_it_is_of() -> None:
    found = patient_answer(records(60, 40), SHARE_RULE)
    assert found.share is not None
    assert found.low is not None
    assert found.high is not None
    assert 0.2 < found.low < found.share < found.high
    assert found.finding == "above"
    assert found.statement == (
        f"Blasts among the 100 judged lymphoid cells: {100 * found.share:.0f} % "
        f"({100 * found.low:.0f}–{100 * found.high:.0f} %). Clearly above 20 %."
    )


def test_no_sign_says_how_many_cells_and_what_they_could_have_shown() -> None:
    found = patient_answer(records(0, 60), SHARE_RULE)
    assert found.finding == "no sign"
    assert found.high is not None
    shown = f"would have shown a share of {100 * found.high + 1:.0f} % or more."
    assert found.statement.endswith(f"No sign of more than 20 %: 60 cells, which {shown}")


def test_what_cannot_be_told_is_said() -> None:
    found = patient_answer(records(3, 6), SHARE_RULE)
    assert found.finding == "cannot tell"
    assert found.statement.endswith("These cells cannot tell whether that is above or below 20 %.")


@pytest.mark.parametrize("hue", [283.4, 296.1])
def test_another_stain_gets_no_share(hue: float) -> None:
    found = patient_answer(records(60, 40, hue=hue), SHARE_RULE)
    assert (found.finding, found.share) == ("other stain", None)
    assert f"mean hue {hue}°, not 283.5–296.0°" in found.statement


@pytest.mark.parametrize("hue", [283.5, 296.0, None])
def test_a_stain_that_is_known_or_was_not_measured_does(hue: float | None) -> None:
    assert patient_answer(records(60, 40, hue=hue), SHARE_RULE).finding == "above"


def test_a_model_without_a_rule_says_so() -> None:
    found = patient_answer(records(60, 40), None)
    assert (found.finding, found.share) == ("no rule", None)
    assert found.statement == "No share of blasts: this model has no share rule."


@pytest.mark.parametrize("rule", [SHARE_RULE, None, replace(SHARE_RULE, min_cells=99)])
@pytest.mark.parametrize("cells", [(0, 0), (1, 0), (0, 100), (100, 0), (10, 90)])
def test_neither_hem_nor_normal_is_ever_said_of_a_patient(cells: tuple[int, int], rule: ShareRule | None) -> None:
    statement = patient_answer(records(*cells), rule).statement
    assert "HEM" not in statement
    assert "normal" not in statement


def test_the_order_of_the_cells_is_nothing() -> None:
    cells = [replace(one, hue=290 + n / 7) for n, one in enumerate(records(13, 7))]
    assert patient_answer(cells, SHARE_RULE) == patient_answer(cells[::-1], SHARE_RULE)

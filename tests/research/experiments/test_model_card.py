"""Every number of the model card is the card's or an experiment's, and what is missing says why."""

from dataclasses import replace

from cardmaker import CALIBRATED
from storemaker import held_out

from leukolens.research.experiments.model_card import HAZARDS, model_card

RESULTS = [held_out(0.91), held_out(0.87, protocol="test fold 1")]


def line(text: str, start: str) -> list[str]:
    """Cells of the one table row that begins so."""
    (found,) = (row for row in text.splitlines() if row.startswith(f"| {start} |"))
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_training_is_the_card_s() -> None:
    text = model_card(replace(CALIBRATED, commit="abc"), RESULTS, "", "")
    assert text.startswith("# Model card: LeukoLens 0123456789ab\n")
    assert line(text, "trained on")[1] == "every cell of the folds"
    assert line(text, "input")[1] == "300 px centre crop → 224 px, 0-255 RGB"
    assert line(text, "settings.epochs")[1] == "2"
    assert line(text, "code")[1] == "abc"


def test_metrics_are_the_experiments_with_their_mean() -> None:
    text = model_card(CALIBRATED, RESULTS, "", "")
    assert line(text, "auroc")[1:] == ["0.890", "0.910 [0.800–0.950]", "0.870 [0.800–0.950]"]
    worst = text.split("## Subjects")[1].split("## Patients")[0]
    assert [row.split("|")[2].strip() for row in worst.splitlines()[6:8]] == ["H3", "H3"]
    assert line(text, "paper, test fold 1, seed 0 | brighter")[2:] == ["0.700", "0.600", "0.650"]


def test_calibration_is_the_card_s_or_why_there_is_none() -> None:
    text = model_card(CALIBRATED, RESULTS, "", "")
    assert line(text, "temperature")[1] == "2.000"
    assert "p(ALL) from 0.250 to 0.750" in text
    assert "from 2 cells on" in line(text, "patient")[1]
    assert "outside 283.5–296.0°" in line(text, "patient")[1]
    bare = model_card(replace(CALIBRATED, band=None, share_rule=None), RESULTS, "no band: few", "no rule: few")
    assert "no band: few" in bare
    assert line(bare, "patient")[1] == "no rule: few"


def test_hazards_and_both_checklists_are_there() -> None:
    text = model_card(CALIBRATED, RESULTS, "", "")
    assert all(f"| {hazard} |" in text for hazard, _, _ in HAZARDS)
    assert {f"## {title}" for title in ("Use and data", "Hazards", "Patients", "Other conditions")} <= set(
        text.splitlines()
    )
    tables = [row for row in text.splitlines() if row.startswith("|")]
    assert not [row for row in tables if not row.endswith("|")]

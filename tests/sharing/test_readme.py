"""What a README says of a model: the card's facts, and every step around the bare graph with its figures."""

from dataclasses import asdict
from pathlib import Path

import pytest
from modelmaker import with_card

from leukolens.base.errors import ModelError
from leukolens.model.network_file import SHIPPED, NetworkFile
from leukolens.sharing import readme


def test_the_facts_are_the_cards() -> None:
    opened = NetworkFile(SHIPPED)
    text = readme.facts(opened)
    assert text.startswith(f"# LeukoLens {opened.card.model_id}\n")
    assert f"| calibration | {opened.card.calibration} |" in text
    assert "lacks safeguards" not in text


def test_each_step_around_the_graph_stands_with_its_figures() -> None:
    opened = NetworkFile(SHIPPED)
    card, text = opened.card, readme.around(opened)
    assert card.quality is not None
    assert card.band is not None
    assert "takes the middle 300 × 300 px, resized to 224 × 224 px" in text
    assert "hue from 268 to 310°" in text
    assert all(f"{value:,}" in text or f"{value:g}" in text for value in asdict(card.quality).values())
    assert "1 / (1 + exp(-logit / 0.9929))" in text
    assert "ALL from 0.4856, HEM below, and 'uncertain' from 0.06667 to 0.9333" in text


def test_a_model_without_safeguards_says_so(tmp_path: Path) -> None:
    bare = with_card(SHIPPED, tmp_path / "bare.onnx", lambda card: card.update(band=None, quality=None))
    text = readme.around(NetworkFile(bare))
    assert "refuses a picture outside its limits: not done" in text
    assert "uncertain" not in text
    assert "it is never uncertain" in readme.facts(NetworkFile(bare))


def test_what_the_graph_lacks_stands_before_the_card() -> None:
    opened = NetworkFile(SHIPPED)
    before, rules, after = readme.of_the_bare_graph(opened, None).partition(readme.around(opened))
    assert rules
    assert "not for diagnosis" in before
    assert after.index("## Validation") < after.index(readme.facts(opened))


def test_a_card_that_was_written_stands_in_the_facts_place(tmp_path: Path) -> None:
    (tmp_path / "MODEL_CARD.md").write_text("# Ours\n", encoding="utf-8")
    assert readme.told(NetworkFile(SHIPPED), tmp_path / "MODEL_CARD.md") == "# Ours\n"
    with pytest.raises(ModelError, match=r"no.md: cannot be read as a card .*Give the MODEL_CARD.md"):
        readme.told(NetworkFile(SHIPPED), tmp_path / "no.md")

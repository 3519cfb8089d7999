"""`leukolens model`: the paper's Table 4, counted on the network."""

import pytest
from command import leukolens

from leukolens.research import published as paper


def test_layers_and_sums_are_the_papers(capsys: pytest.CaptureFixture[str]) -> None:
    assert leukolens("model") == 0
    lines = capsys.readouterr().out.splitlines()
    counted = {line[:34].strip(): int(line.split()[-1].replace(",", "")) for line in lines}
    assert counted == {
        **paper.TABLE_4,
        "total": paper.TABLE_4_TOTAL,
        "trainable": paper.TABLE_4_TRAINABLE,
        "non-trainable": paper.TABLE_4_NON_TRAINABLE,
    }
    assert len({len(line) for line in lines}) == 1  # numbers line up

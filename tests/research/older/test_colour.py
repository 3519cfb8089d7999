"""Colours and grey levels are those that were painted."""

import pytest
from figuremaker import DISK


def test_colours_are_those_painted() -> None:
    assert DISK["colour.cell_red_mean"] == pytest.approx(66 / 255)
    assert DISK["colour.cell_value_mean"] == pytest.approx(84 / 255)
    assert DISK["colour.cell_red_std"] == pytest.approx(0, abs=1e-6)
    assert DISK["colour.cytoplasm_red_mean"] == 0  # one colour: all nucleus

"""The gate: its arithmetic by hand, what its sixteen numbers say of a drawn cell, and what it leaves alone."""

from dataclasses import replace

import numpy as np
import pytest

from leukolens.cells.find import FoundCell, View, cells_in, view_of
from leukolens.cells.kind import FEATURES, Gate, features, shipped_gate, with_kinds
from leukolens.cells.stain import find_light
from leukolens.research.data.phantom_fields import NUCLEUS_UM, WHITE_CELL_UM, FieldSettings, draw_field

COUNT = len(FEATURES)


def gate(bias: float, *, lymphoid: float = 1.0, other: float = -1.0) -> Gate:
    """Says `bias` of every cell."""
    zeros = np.zeros(COUNT, np.float32)
    return Gate(
        mean=zeros,
        deviation=zeros + 1,
        hidden=np.zeros((COUNT, 2), np.float32),
        hidden_bias=np.zeros(2, np.float32),
        out=np.zeros(2, np.float32),
        out_bias=bias,
        lymphoid=lymphoid,
        other=other,
    )


@pytest.fixture(scope="module")
def view() -> View:
    rgb = draw_field(FieldSettings(white=((40.0, 30.0),), um_per_px=0.12)).rgb
    return view_of(rgb, find_light(rgb), um_per_px=0.12)


@pytest.fixture(scope="module")
def cell(view: View) -> FoundCell:
    (one,) = cells_in(view)
    return one


def test_logits_by_hand() -> None:
    one = replace(
        gate(0.5),
        mean=np.full(COUNT, 2, np.float32),
        deviation=np.full(COUNT, 4, np.float32),
        hidden=np.eye(COUNT, 2, dtype=np.float32),
        hidden_bias=np.array([0, 1], np.float32),
        out=np.array([2, -1], np.float32),
    )
    found = one.logits(np.stack([np.full(COUNT, 4.0), np.full(COUNT, 1e6)]).astype(np.float32))
    expected = [2 * np.tanh(0.5) - np.tanh(1.5) + 0.5, 2 * np.tanh(4) - np.tanh(5) + 0.5]  # held within 4 deviations
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_drawn_cell_s_numbers_are_those_it_was_drawn_with(cell: FoundCell, view: View) -> None:
    found = dict(zip(FEATURES, features(cell, view).tolist(), strict=True))
    assert found["cell area, log µm²"] == pytest.approx(np.log(np.pi * (WHITE_CELL_UM / 2) ** 2), abs=0.15)
    assert found["nucleus share of the cell"] == pytest.approx((NUCLEUS_UM / WHITE_CELL_UM) ** 2, abs=0.12)
    assert found["lobes"] == 1
    assert found["solidity of all lobes"] > 0.93
    assert found["elongation of the nucleus"] == pytest.approx(1, abs=0.15)
    assert found["cytoplasm green density, of the nucleus'"] < 0.6  # drawn 0.42 to 1.45
    assert found["blue over green: cytoplasm less nucleus, log"] == pytest.approx(0, abs=0.4)
    assert all(np.isfinite(list(found.values())))


def test_the_logit_decides_between_three_kinds(cell: FoundCell, view: View) -> None:
    found = [with_kinds([cell], view, gate(bias))[0] for bias in (2.0, 0.0, -2.0)]
    assert [one.kind for one in found] == ["lymphoid", "unsure", "other_white"]
    assert found[0] == cell
    assert found[1].reason == "may not be a lymphoid cell (lymphoid 0.50)"
    assert found[2].reason == "is not a lymphoid cell (lymphoid 0.12)"


def test_what_the_place_told_stays_and_no_nucleus_or_a_faded_one_is_said(cell: FoundCell, view: View) -> None:
    cut = replace(cell, kind="cut", reason="is cut")
    bare = replace(cell, nucleus=())
    pale = replace(view, density=view.density * 0.1)
    assert with_kinds([cut, bare], view, gate(2.0)) == [cut, replace(bare, kind="unsure", reason="shows no nucleus")]
    (burst,) = with_kinds([cell], pale, gate(2.0))
    assert burst.kind == "smudge"
    assert "has a faded nucleus, like a burst cell's" in burst.reason


def test_the_gate_that_ships_knows_a_lymphoid_cell(cell: FoundCell, view: View) -> None:
    shipped = shipped_gate()
    assert shipped is shipped_gate()
    assert shipped.hidden.shape[0] == COUNT
    assert shipped.other <= shipped.lymphoid
    assert with_kinds([cell], view)[0].kind == "lymphoid"

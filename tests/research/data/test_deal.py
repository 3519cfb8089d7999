"""Whole subjects dealt to parts: near their shares, or alike; with subjects of one class or of both."""

from collections.abc import Sequence

import pytest
from splitmaker import cell, cells_of, digests_of

from leukolens.base.errors import SplitError
from leukolens.images.cnmc_names import LABELS
from leukolens.research.data.cell import Cell
from leukolens.research.data.deal import class_counts, deal_alike, deal_near, strata
from leukolens.research.data.split import linked_subjects

SHARES = (0.7, 0.1, 0.2)
STRANGERS = cells_of(
    {"1": 19, "2": 11, "3": 13, "4": 8, "5": 14, "6": 9, "H1": 17, "H2": 9, "H3": 10, "H4": 11, "H5": 8}
)
"""129 cells."""


def mixed() -> list[Cell]:
    """Six patients with cells of both classes, as a remission's marrow has."""
    return [
        cell(str(patient), number, label) for patient in range(6) for label in LABELS for number in range(6 + patient)
    ]


def groups_of(cells: Sequence[Cell]) -> list[list[int]]:
    return linked_subjects(cells, digests_of(cells))


def shares_of(parts: Sequence[Sequence[int]], cells: Sequence[Cell], label: str) -> list[float]:
    total = sum(one.label == label for one in cells)
    return [sum(cells[row].label == label for row in part) / total for part in parts]


@pytest.mark.parametrize("seed", range(10))
def test_each_class_of_a_small_data_set_comes_near_its_shares(seed: int) -> None:
    parts = deal_near(groups_of(STRANGERS), STRANGERS, shares=SHARES, seed=seed)
    assert sorted(row for part in parts for row in part) == list(range(129))
    for label in LABELS:
        assert shares_of(parts, STRANGERS, label) == pytest.approx(SHARES, abs=0.13)


def test_the_seed_decides_and_nothing_else() -> None:
    groups = groups_of(STRANGERS)
    dealt = [deal_near(groups, STRANGERS, shares=SHARES, seed=seed) for seed in (0, 0, 1, 2, 3)]
    assert dealt[0] == dealt[1]
    assert any(dealt[0] != other for other in dealt[2:])


def test_patients_with_both_classes_are_dealt_too() -> None:
    cells = mixed()
    for parts in (
        deal_near(groups_of(cells), cells, shares=SHARES, seed=0),
        deal_alike(groups_of(cells), cells, parts=3, seed=0),
    ):
        for part in parts:
            assert {cells[row].label for row in part} == set(LABELS)
        who = [{cells[row].subject for row in part} for part in parts]
        assert sum(map(len, who)) == 6


def test_every_part_gets_each_class_where_it_can() -> None:
    """Two donors and a patient with both classes: the third part needs the patient."""
    cells = [
        *cells_of({"1": 9, "2": 9, "H1": 9, "H2": 9}),
        *[cell("M", n, label) for label in LABELS for n in range(3)],
    ]
    parts = deal_alike(groups_of(cells), cells, parts=3, seed=0)
    assert all({cells[row].label for row in part} == set(LABELS) for part in parts)


def test_the_largest_subjects_stand_apart() -> None:
    cells = cells_of({"1": 50, "2": 48, "3": 5, "4": 4, "H1": 20, "H2": 19, "H3": 2, "H4": 1})
    sizes = [len(part) for part in deal_alike(groups_of(cells), cells, parts=2, seed=0)]
    assert abs(sizes[0] - sizes[1]) <= 4


def test_too_few_subjects_are_named() -> None:
    cells = cells_of({"1": 5, "2": 5, "3": 5, "H1": 5, "H2": 5})
    with pytest.raises(SplitError, match="2 HEM subjects are too few for 3 parts"):
        deal_alike(groups_of(cells), cells, parts=3, seed=0)


def test_counts_and_strata() -> None:
    cells = [*cells_of({"1": 2, "H1": 3}), cell("M", 0, "all"), cell("M", 0, "hem")]
    counts = class_counts(groups_of(cells), cells)
    assert counts.tolist() == [[0, 2], [3, 0], [1, 1]]
    assert strata(counts) == [[1], [0], [2]]

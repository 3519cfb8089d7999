"""A cell is what folder and name tell of it, and its label a number."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from splitmaker import cell

from leukolens.images.cnmc_names import LABELS
from leukolens.research.data.cell import labels_of


def test_labels_are_numbers_in_the_network_s_order() -> None:
    found = labels_of(cell("H1", number, label) for number, label in enumerate(("all", "hem", "hem", "all")))
    assert found.dtype == np.int64
    assert found.tolist() == [1, 0, 0, 1]
    assert [LABELS[number].upper() for number in (0, 1)] == ["HEM", "ALL"]
    assert labels_of([]).shape == (0,)


def test_a_label_that_is_neither_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        labels_of([replace(cell("1", 1, "all"), label="aml")])  # type: ignore[arg-type]


def test_equal_cells_are_one_in_a_set_and_stay_as_they_were_made() -> None:
    one = cell("H1", 1, "hem")
    assert {one, cell("H1", 1, "hem"), cell("H1", 1, "hem", fold="1")} == {one, cell("H1", 1, "hem", fold="1")}
    with pytest.raises(FrozenInstanceError):
        one.subject = "H2"  # type: ignore[misc]

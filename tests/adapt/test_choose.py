"""Which reviewed cells teach: too few are refused, very many are drawn from, and few without a patient are left out."""

from dataclasses import replace
from pathlib import Path

import pytest
from adaptmaker import known

from leukolens.adapt.choose import FEWEST, MOST
from leukolens.adapt.reviewed import ReviewedCell
from leukolens.adapt.seen import SeenCells
from leukolens.adapt.teach import learn, teach
from leukolens.base.errors import DatasetError
from leukolens.model.network_file import NetworkFile


@pytest.mark.parametrize("labels", [[1] * 10 + [0] * 9, [1] * 40, [1] * 40 + [0] * 4])
def test_too_few_cells_or_one_class_are_refused(labels: list[int], parent: NetworkFile) -> None:
    cells = [
        ReviewedCell(path=Path("absent.png"), content=f"{place:064x}", label=label, patient="")
        for place, label in enumerate(labels)
    ]
    counts = (
        rf"{len(labels)} cells were given \({sum(labels)} ALL, {len(labels) - sum(labels)} HEM\); at least {FEWEST}"
    )
    with pytest.raises(DatasetError, match=counts + ".*Review more cells"):
        teach(cells, parent)


def test_of_very_many_cells_some_are_drawn_of_each_class_and_patient(
    parent: NetworkFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[ReviewedCell] = []

    def looked(cells: list[ReviewedCell], _: NetworkFile, *, judge: NetworkFile | None) -> SeenCells:
        given[:] = cells
        return known(parent)

    monkeypatch.setattr("leukolens.adapt.teach.see", looked)
    patients = ["few"] * 30 + ["many"] * 1950  # of normal cells, beside 20 blasts
    cells = [
        ReviewedCell(path=Path("a.png"), content=f"{place:064x}", label=int(not name), patient=name)
        for place, name in enumerate([""] * 20 + patients)
    ]
    teach(cells, parent)
    assert (len(given), sum(cell.label for cell in given)) == (MOST, 20)
    assert sum(cell.patient == "few" for cell in given) == 30
    assert given == sorted(given, key=lambda cell: cell.content)


def test_a_few_cells_without_a_patient_do_not_undo_the_others(
    parent: NetworkFile, caplog: pytest.LogCaptureFixture
) -> None:
    seen = known(parent, patients=4)
    nameless = replace(seen, cells=[replace(seen.cells[0], patient=""), *seen.cells[1:]])
    taught = learn(nameless, parent)
    assert (len(taught.seen.cells), taught.parts.unit) == (39, "patients")
    assert "1 of 40 cells name no patient: they are left out" in caplog.text
    half = replace(seen, cells=[replace(cell, patient="") for cell in seen.cells[:20]] + list(seen.cells[20:]))
    taught = learn(half, parent)
    assert (len(taught.seen.cells), taught.parts.unit) == (40, "cells")
    assert "20 of 40 cells name no patient: so single cells are left out" in caplog.text

"""A finished network is asked about the next fold's patients, and its accuracy has an interval over them."""

import csv
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from leukolens.model.preprocess import Preprocess
from leukolens.research.data.index import index
from leukolens.research.data.store import open_store
from leukolens.research.makem2025 import unseen as module
from leukolens.research.makem2025.unseen import UNSEEN, read_unseen, with_answers, write_unseen

SMALL = Preprocess(size=16)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that answers 0.8 to every cell."""
    card = SimpleNamespace(threshold=0.5, model_id="m")
    monkeypatch.setattr(module, "Classifier", lambda _: SimpleNamespace(card=card))
    monkeypatch.setattr(module, "probabilities", lambda _model, _store, rows, **_: np.full(len(rows), 0.8))


@pytest.mark.usefixtures("asked")
def test_the_next_folds_test_cells_of_other_subjects_are_asked(cells: Path, tmp_path: Path) -> None:
    found = index(cells)
    own = open_store(found.fold("0"), SMALL)
    write_unseen(tmp_path, cells, own, fold="0", seed=0)
    written = rows(tmp_path / UNSEEN)
    assert {row["fold"] for row in written} == {"1"}
    assert not {row["subject"] for row in written} & {cell.subject for cell in own.cells}
    assert {row["p_all_sigma_0"] for row in written} == {"0.800000"}
    other = len([cell for cell in found.cells if cell.fold == "1"])
    assert 0 < len(written) < other / 3


@pytest.mark.usefixtures("asked")
def test_without_another_fold_nothing_is_written(cells: Path, tmp_path: Path) -> None:
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "fold_0").symlink_to(cells / "fold_0")
    own = open_store(index(tmp_path / "cells").fold("0"), SMALL)
    write_unseen(tmp_path, tmp_path / "cells", own, fold="0", seed=0)
    assert not (tmp_path / UNSEEN).exists()
    assert read_unseen(tmp_path / UNSEEN) is None


def test_accuracy_and_interval_are_over_subjects(tmp_path: Path) -> None:
    table = [
        {"label": label, "subject": subject, "p_all_sigma_0": p, "verdict": "", "model_id": ""}
        for label, subject, p in (
            *[("ALL", "1", "0.9")] * 6,
            *[("ALL", "2", "0.2")] * 2,
            *[("HEM", "H1", "0.1")] * 6,
            *[("HEM", "H2", "0.7")] * 2,
        )
    ]
    path = tmp_path / UNSEEN
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    found = read_unseen(path)
    assert found is not None
    assert (found.value, found.low, found.high, found.subjects) == (0.75, 0.0, 1.0, 4)
    assert str(found) == "0.750 [0.000–1.000]"
    again = with_answers(path, np.full(16, 0.5), model_id="fused")
    assert {(row["verdict"], row["model_id"], row["p_all_sigma_0"]) for row in again} == {("ALL", "fused", "0.500000")}

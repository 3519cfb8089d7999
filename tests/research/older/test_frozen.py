"""classical.frozen: ImageNet features of every cell, computed once, and SVMs that stand on them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from leukolens.base.errors import WeightsError
from leukolens.model.preprocess import Preprocess
from leukolens.research.augment.batches import to_rgb
from leukolens.research.data.cell import labels_of
from leukolens.research.data.index import index
from leukolens.research.data.split import make_split
from leukolens.research.data.store import CellStore, open_store
from leukolens.research.networks.registry import build
from leukolens.research.older import frozen
from leukolens.research.older.fit import fit_pipeline
from leukolens.research.older.frozen import frozen_table
from leukolens.research.settings import TrainSettings

INITS = {"mobilenet_m": "random", "efficientnet_lite0": "random"}


@pytest.fixture
def store(cells: Path, cache: Path) -> CellStore:
    return open_store(index(cells).fold("0"), Preprocess(size=64))


def test_the_columns_are_each_networks_pooled_features(store: CellStore) -> None:
    table = frozen_table(store, INITS)
    assert table.values.shape == (len(store.cells), 1024 + 1280)
    assert table.names[0] == "mobilenet_m.0"
    assert table.names[-1] == "efficientnet_lite0.1279"
    network = build(TrainSettings(input_range="-1..1")).eval()
    rgb = to_rgb(torch.from_numpy(np.array(store.pixels[:2])), torch.arange(2), torch.device("cpu"))
    with torch.no_grad():
        expected = network.positions(rgb).mean(dim=(2, 3)).numpy()
    np.testing.assert_allclose(table.select(["mobilenet_m.*"])[:2], expected, rtol=1e-3, atol=1e-4)


def test_features_are_computed_once(store: CellStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first = frozen_table(store, INITS)
    monkeypatch.setattr(frozen, "build", None)
    np.testing.assert_array_equal(frozen_table(store, INITS).values, first.values)


def test_weights_that_cannot_be_had_are_named(store: CellStore, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.npz"):
        frozen_table(store, {"mobilenet_m": str(tmp_path / "none.npz")})


@pytest.mark.parametrize("name", ["frozen_mobilenet", "frozen_both"])
def test_an_svm_on_frozen_features_beats_chance(store: CellStore, name: str) -> None:
    split = make_split(store.cells, store.digests, protocol="paper", seed=0)
    labels = labels_of(store.cells)
    fitted = fit_pipeline(name, frozen_table(store, INITS), labels, split, seed=0)
    assert roc_auc_score(labels[list(split.rows["test"])], fitted.p_test) > 0.6

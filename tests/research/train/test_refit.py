"""training.refit: the convex fit itself, that the network then says just that, and on whose cells it was made."""

from pathlib import Path

import numpy as np
import pytest
import torch
from listening import listening
from scipy.optimize import minimize

from leukolens.model.preprocess import Preprocess
from leukolens.research.data.index import index
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms
from leukolens.research.data.store import open_store
from leukolens.research.networks.alnett import ALNett
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.networks.mobilenet import Explained, MobileNetM
from leukolens.research.settings import Augmentation, TrainSettings
from leukolens.research.train.launch import start_fabric
from leukolens.research.train.refit import fitted, pooled, refit, views


def lively() -> MobileNetM:
    """Every parameter of the head says something."""
    network = MobileNetM(dropout=0.2, input_range="-1..1", bn_momentum=0.01, seed=0)
    draw = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for values in (network.norm.weight, network.norm.bias, network.norm.running_mean, network.dense.bias):
            assert values is not None
            values.copy_(torch.randn(values.shape, generator=draw))
    return network.eval()


def test_the_fit_is_the_minimum_of_weighted_loss_and_squares() -> None:
    draw = np.random.default_rng(0)
    features = draw.normal(size=(60, 3)) * [1, 5, 0.2] + [0, 3, -1]
    labels = (features[:, 0] + 0.1 * features[:, 1] + draw.normal(size=60) > 0).astype(np.int64)
    weights = draw.uniform(0.1, 3, 60)
    weight, offset = fitted(features, labels, weights, shrinkage=0.05)
    share = weights / weights.sum()
    mean = share @ features
    deviation = np.sqrt(share @ (features - mean) ** 2)
    standard = (features - mean) / deviation

    def loss(values: np.ndarray) -> float:
        odds = standard @ values[:3] + values[3]
        return float(share @ np.logaddexp(0, np.where(labels == 1, -odds, odds)) + 0.05 * (values[:3] ** 2).sum())

    best = minimize(loss, np.zeros(4), tol=1e-12).x
    assert weight * deviation == pytest.approx(best[:3], abs=1e-3)
    assert offset + weight @ mean == pytest.approx(best[3], abs=1e-3)


@pytest.mark.parametrize("make", [lively, lambda: ALNett(dropout=0.1).eval()])
@torch.no_grad()
def test_the_network_then_reads_its_features_so(make: type[CellNetwork]) -> None:
    network = make()
    rgb = torch.rand((2, 3, 224, 224), generator=torch.Generator().manual_seed(1)) * 255
    features = network.pooled(rgb)
    weight = torch.linspace(-1, 1, features.shape[1])
    network.read_by(weight, 0.7)
    logits = network(rgb)
    expected = features @ weight + 0.7
    assert torch.allclose(logits[:, 1] - logits[:, 0], expected, rtol=1e-4, atol=1e-4)
    if isinstance(network, MobileNetM):
        assert torch.allclose(Explained(network)(rgb).logit, expected, rtol=1e-4, atol=1e-4)


def test_the_given_cells_are_read_in_every_view_of_the_recipe(tmp_path: Path) -> None:
    write_phantoms(tmp_path, PhantomSettings(folds=1, subjects=2, cells=4))
    store = open_store(index(tmp_path).cells, Preprocess(size=64))
    plain = TrainSettings(refit=0.1, noise=(), augmentation=Augmentation())
    rich = TrainSettings(refit=0.1, noise=(0.0, 9.0), augmentation=Augmentation(grey=0.2))
    rows, fabric, said = range(0, len(store.cells), 2), start_fabric(), list[str]()
    heads = []
    for settings in (plain, rich):
        network = lively()
        with listening(said.append):
            refit(network, store, rows, settings, fabric=fabric)
        heads.append(network.dense.weight[1] - network.dense.weight[0])
    assert [line.split(" images")[0].split()[-1] for line in said] == [str(len(rows)), str(3 * len(rows))]
    assert not torch.allclose(heads[0], heads[1])
    seen = [pooled(lively(), store, rows, fabric, view=view) for view in views(rich)]
    assert {one.shape for one in seen} == {(len(rows), 1024)}
    assert not any(np.allclose(one, seen[0]) for one in seen[1:])


def test_each_view_is_what_it_says() -> None:
    rgb = torch.rand((2, 3, 32, 32), generator=torch.Generator().manual_seed(1)) * 60 + 90
    settings = TrainSettings(noise=(0.0, 3.0, 9.0), augmentation=Augmentation(grey=0.2))
    clean, noisy, grey = (view(rgb, torch.Generator().manual_seed(0)) for view in views(settings))
    assert torch.equal(clean, rgb)
    assert (noisy - rgb).std().item() == pytest.approx(9, rel=0.05)
    assert torch.equal(grey, rgb.amax(dim=1, keepdim=True).expand(-1, 3, -1, -1))

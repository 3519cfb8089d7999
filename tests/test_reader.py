"""training.reader: linear over the cell alone, its evidence exact, and nothing frozen moves."""

import pytest
import torch
from torch import Tensor

from leukolens.errors import RunError
from leukolens.training.loop import cross_entropy
from leukolens.training.mobilenet import Explained, MobileNetM
from leukolens.training.reader import CellReader, RunningNorm, lit_share
from leukolens.training.settings import TrainSettings


def cells() -> Tensor:
    """Three discs of 50–90 px radius on black, of random colours."""
    draw = torch.Generator().manual_seed(3)
    rows, columns = torch.meshgrid(torch.arange(224), torch.arange(224), indexing="ij")
    away = (rows - 112) ** 2 + (columns - 112) ** 2
    discs = torch.stack([(away < radius**2).float() for radius in (50, 70, 90)])
    return discs[:, None] * (40 + 100 * torch.rand((3, 3, 224, 224), generator=draw))


@pytest.fixture(scope="module")
def network() -> MobileNetM:
    """Trained for one step on noise, its second reader with weights that say something."""
    model = MobileNetM(dropout=0.0, input_range="-1..1", bn_momentum=1.0, seed=0, frozen=4, reader=True)
    with torch.no_grad():
        model.train()(cells())
        draw = torch.Generator().manual_seed(1)
        assert model.reader is not None
        model.reader.dense.weight.copy_(torch.randn((1, 768), generator=draw) / 10)
        model.reader.dense.bias.fill_(0.3)
    return model.eval()


@torch.no_grad()
def test_the_maps_are_the_backbones_own(network: MobileNetM) -> None:
    assert torch.allclose(network.maps(cells())[-1], network.positions(cells()), atol=1e-5)


@torch.no_grad()
def test_the_answer_is_the_mean_of_both_readers_and_the_evidence_adds_up_to_it(network: MobileNetM) -> None:
    rgb = cells()
    logit, evidence, features = Explained(network)(rgb)
    assert network.reader is not None
    maps = network.maps(rgb)
    second = network.reader(maps, rgb)
    alone = network.reader.evidence(maps, rgb)
    assert second.std() > 0.01
    assert torch.allclose(alone.mean(dim=(1, 2)), second, atol=1e-4)
    assert len(alone[0, 0].unique()) == 1  # a row without cell says the same everywhere
    first = network._head(features)
    assert torch.allclose(logit, (first[:, 1] - first[:, 0] + second) / 2, atol=1e-4)
    dense = network(rgb)
    assert torch.allclose(dense[:, 1] - dense[:, 0], logit, atol=1e-4)
    assert torch.allclose(evidence.mean(dim=(1, 2)), logit, atol=1e-4)


@torch.no_grad()
def test_the_black_around_a_cell_is_not_read() -> None:
    reader = CellReader().eval()
    reader.dense.weight.fill_(1.0)
    rgb = cells()[:1]
    maps = [
        torch.zeros(0),
        torch.zeros(0),
        torch.ones(1, 256, 28, 28),
        torch.ones(1, 512, 14, 14),
        torch.zeros(1, 1, 7, 7),
    ]
    inside = reader(maps, rgb)
    lit = lit_share(rgb)
    assert 0.1 < lit.mean() < 0.2  # a disc of 50 px is 0.157 of the image
    maps[2] = torch.where(lit > 0, maps[2], 1e3)
    assert torch.equal(reader(maps, rgb), inside)
    assert inside.item() == pytest.approx(768, rel=1e-4)
    assert torch.isfinite(reader(maps, torch.zeros(1, 3, 224, 224)))


def test_features_are_standardised_by_all_that_were_seen() -> None:
    norm = RunningNorm(2).train()
    seen = torch.randn((50, 16, 2), generator=torch.Generator().manual_seed(0)) * torch.tensor([3.0, 0.5]) + 7
    for batch in seen:
        norm(batch)
    flat = seen.reshape(-1, 2)
    assert norm.mean.tolist() == pytest.approx(flat.mean(dim=0).tolist(), abs=1e-3)
    assert norm.deviation().tolist() == pytest.approx(flat.std(dim=0, correction=0).tolist(), rel=1e-2)
    found = norm.eval()(flat)
    assert found.mean(dim=0).tolist() == pytest.approx([0, 0], abs=1e-3)


def test_each_reader_learns_from_its_own_errors(network: MobileNetM) -> None:
    labels = torch.tensor([0, 1, 1])
    network.train()
    try:
        both = network(cells())
        assert both.shape == (3, 2, 2)
        each = [torch.nn.functional.cross_entropy(both[:, :, place], labels) for place in (0, 1)]
        assert cross_entropy(both, labels).item() == pytest.approx(sum(each).item() / 2)
        network.zero_grad()
        cross_entropy(both, labels).backward()
        moved = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
        assert {"reader.dense.weight", "dense.weight"} < moved
        assert not any(name.startswith(("backbone.conv_stem", "backbone.blocks.3")) for name in moved)
        assert any(name.startswith("backbone.blocks.4") for name in moved)
    finally:
        network.eval()


def test_the_loss_takes_the_sum_of_squares(network: MobileNetM) -> None:
    assert network.reader is not None
    expected = 0.011 * (network.reader.dense.weight**2).sum().item()
    assert network.shrinkage().item() == pytest.approx(expected)
    assert MobileNetM(dropout=0, input_range="0..1", bn_momentum=1, seed=0).shrinkage().item() == 0


def test_stages_that_training_moves_are_not_read() -> None:
    with pytest.raises(RunError, match="frozen=4"):
        TrainSettings(reader=True, frozen=2)

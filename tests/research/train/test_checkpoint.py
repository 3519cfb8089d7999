"""The checkpoint gives back bit by bit what it was given, and a damaged one says so."""

import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from leukolens.base.errors import OutputError, RunError
from leukolens.research.train.checkpoint import Checkpoint, load, optimiser_tensors, restore_optimiser, save
from leukolens.research.train.history import Epoch

EPOCH = Epoch(
    number=1,
    learning_rate=1e-3,
    train_loss=0.1 + 0.2,
    train_accuracy=0.5,
    val_loss=1e-17,
    val_accuracy=1.0,
    seconds=1.5,
)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 36, 2))


def step(model: nn.Module, optimiser: torch.optim.Optimizer, seed: int) -> None:
    images = torch.randn(5, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    optimiser.zero_grad()
    model(images).square().mean().backward()
    optimiser.step()


def adam(model: nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(model.parameters(), 1e-2, eps=1e-7, fused=True)


def equal(some: dict[str, Tensor], others: dict[str, Tensor]) -> bool:
    return some.keys() == others.keys() and all(torch.equal(some[name], others[name]) for name in some)


def written(path: Path) -> Path:
    model = network()
    state = model.state_dict()
    save(path, Checkpoint(network=state, best=state, optimiser={}, history=[EPOCH]))
    return path


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_training_goes_on_from_a_checkpoint_as_if_nothing_had_happened(
    tmp_path: Path, layout: torch.memory_format
) -> None:
    model = network().to(memory_format=layout)
    optimiser = adam(model)
    step(model, optimiser, 1)
    best = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    step(model, optimiser, 2)
    state = Checkpoint(
        network=model.state_dict(), best=best, optimiser=optimiser_tensors(optimiser), history=[EPOCH, EPOCH]
    )
    save(tmp_path / "c.safetensors", state)
    read = load(tmp_path / "c.safetensors")
    assert read.history == [EPOCH, EPOCH]
    assert equal(dict(read.network), model.state_dict())
    assert equal(dict(read.best), best)
    assert not equal(dict(read.best), dict(read.network))

    again = network()
    again.load_state_dict(dict(read.network))
    again = again.to(memory_format=layout)  # in this order, as training does
    resumed = adam(again)
    restore_optimiser(resumed, read.optimiser)
    step(model, optimiser, 3)
    step(again, resumed, 3)
    assert equal(again.state_dict(), model.state_dict())


def test_without_the_optimiser_the_next_step_would_differ() -> None:
    """Guards the test above: Adam's moments matter here."""
    model, again = network(), network()
    optimiser = adam(model)
    step(model, optimiser, 1)
    again.load_state_dict(model.state_dict())
    step(model, optimiser, 2)
    step(again, adam(again), 2)
    assert not equal(again.state_dict(), model.state_dict())


def test_best_and_network_may_be_the_same_memory(tmp_path: Path) -> None:
    read = load(written(tmp_path / "c.safetensors"))
    assert equal(dict(read.network), network().state_dict())
    assert equal(dict(read.best), network().state_dict())


def test_saving_again_replaces_the_file_and_leaves_no_other(tmp_path: Path) -> None:
    for _ in range(2):
        written(tmp_path / "c.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def foreign(path: Path) -> None:
    save_file({"network/a": torch.zeros(2)}, path)


def nameless(path: Path) -> None:
    save_file({"a": torch.zeros(2)}, path, {"history": "[]"})


def other_history(path: Path) -> None:
    save_file({"network/a": torch.zeros(2)}, path, {"history": '[{"number": 1}]'})


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        foreign,
        nameless,
        other_history,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"x" * 99),
    ],
    ids=["cut short", "no history", "other names", "other history", "empty", "no safetensors"],
)
def test_a_damaged_checkpoint_is_named(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    path = written(tmp_path / "c.safetensors")
    damage(path)
    with pytest.raises(RunError, match="is damaged") as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "another folder" in str(caught.value)


def test_a_full_disk_is_said_and_the_former_checkpoint_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "c.safetensors")
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"c\.safetensors: no space left while writing"):
        written(path)
    assert [file.name for file in tmp_path.iterdir()] == ["c.safetensors"]
    assert path.read_bytes() == before


def test_a_write_that_fails_halfway_is_an_output_error(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            written(tmp_path / "c.safetensors")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

"""Two processes with a half of the batch each: outputs, gradients and running statistics are those of one with all."""

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as processes
import torch.nn.functional as F
from torch import Tensor, nn

from leukolens.research.train.one_batch import OneBatch

IMAGES = 7
"""Odd: the shares differ in size."""


def network() -> nn.Module:
    torch.manual_seed(1)
    layers = [nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5, momentum=0.3), nn.ReLU(), nn.Flatten(), nn.Dropout(0.4)]
    return nn.Sequential(*layers, nn.Linear(5 * 36, 6), nn.BatchNorm1d(6, affine=False), nn.Linear(6, 2)).double()


def step(rank: int, world: int, meeting: str, out: str) -> None:
    """One forward and backward pass of this process's share; the first process writes what came of it."""
    torch.set_num_threads(1)
    if world > 1:
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)
    model: nn.Module = network().train()
    whole = torch.randn(IMAGES, 3, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    rgb, labels = whole[rank::world], (torch.arange(IMAGES) % 2)[rank::world]
    learner = nn.parallel.DistributedDataParallel(model) if world > 1 else model
    torch.manual_seed(3)
    with OneBatch(rank=rank, world=world, images=IMAGES):
        logits = learner(rgb)
    (world * len(labels) / IMAGES * F.cross_entropy(logits, labels)).backward()
    if rank == 0:
        gradients = {f"gradient of {name}": one.grad for name, one in model.named_parameters()}
        torch.save({"logits": logits.detach()} | gradients | model.state_dict(), out)
    if world > 1:
        dist.destroy_process_group()


def result(folder: Path, world: int) -> dict[str, Tensor]:
    out = folder / f"{world}.pt"
    processes.spawn(step, (world, str(folder / f"meeting{world}"), str(out)), nprocs=world)
    found: dict[str, Tensor] = torch.load(out)
    return found


@pytest.mark.slow
def test_two_halves_are_one_batch(tmp_path: Path) -> None:
    alone, together = result(tmp_path, 1), result(tmp_path, 2)
    assert alone.keys() == together.keys()
    for name, tensor in alone.items():
        expected = tensor[0::2] if name == "logits" else tensor
        torch.testing.assert_close(together[name], expected, rtol=1e-9, atol=1e-12, msg=name)


def test_one_process_computes_as_if_it_were_not_there() -> None:
    found = []
    rgb = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    for images in (None, 4):
        model = network()
        torch.manual_seed(3)
        if images is None:
            found.append(model(rgb))
        else:
            with OneBatch(rank=0, world=1, images=images):
                found.append(model(rgb))
    assert torch.equal(*found)


def test_evaluation_uses_the_running_statistics() -> None:
    model = network().eval()
    rgb = torch.randn(4, 3, 8, 8, dtype=torch.float64)
    with OneBatch(rank=0, world=2, images=8):
        assert torch.equal(model(rgb), network().eval()(rgb))

"""The processes of one training, on one machine or several: started by Lightning, and what they tell each other.

Lightning Fabric starts one process a device; torchrun, `fabric run` and Slurm may have started them already. The first
process alone reads and writes the run's folder and tells the others what it finds: they may share a disk with it or
not. Bytes and numbers are told, never pickles.
"""

import contextlib
import ctypes
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
import torch.distributed as dist
from lightning.fabric import Fabric
from lightning.fabric.loggers.logger import Logger
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from torch import Tensor

from leukolens.base.errors import LeukoLensError, RunError

Precision = Literal["auto", "bf16", "32", "64"]
_OF: dict[Precision, Literal["bf16-mixed", "32-true", "64-true"]] = {
    "bf16": "bf16-mixed",
    "32": "32-true",
    "64": "64-true",
}
Found = TypeVar("Found")

RENDEZVOUS = ("MASTER_ADDR", "NODE_RANK")
"""Environment variables that Lightning reads where nobody else has started the processes."""

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h


def start_fabric(
    *,
    devices: int | str | None = None,
    num_nodes: int | None = None,
    precision: Precision = "auto",
    loggers: Sequence[Logger] = (),
) -> Fabric:
    """Fabric on the best accelerator here, launched; every process of the training has met when it returns.

    devices: of this machine, num_nodes: machines; None: what torchrun or `fabric run` has started, else 1. precision:
    'auto' computes in bf16 where the hardware does; '64' is slow, for comparing machines. loggers: where it is watched
    (`train.track`). Raises RunError for what contradicts the launcher, and for several machines of which nothing says
    where the first is.
    """
    started_devices, started_nodes = _started()
    if precision == "auto":
        precision = "bf16" if has_bf16() else "32"
    try:
        fabric = Fabric(
            accelerator="auto",
            devices=started_devices if devices is None else devices,
            num_nodes=started_nodes if num_nodes is None else num_nodes,
            precision=_OF[precision],
            loggers=list(loggers),
        )
    except ValueError as error:
        hint = "Leave out --devices, --num-nodes and --precision: the launcher gives them"
        raise RunError(f"contradicts the launcher ({error})", hint=hint) from error
    _refuse_unmet(fabric, 1 if num_nodes is None else num_nodes)
    fabric.launch()
    hold_memory()
    return fabric


def _started() -> tuple[int | str, int]:
    """Devices here and machines, as a launcher has started them; 1 and 1 where there is none."""
    if os.environ.get("LT_CLI_USED") == "1":
        return "auto", 1  # Fabric itself then takes what `fabric run` says, unless told otherwise
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # torchrun's
    return here, int(os.environ.get("WORLD_SIZE", here)) // here if "LOCAL_WORLD_SIZE" in os.environ else 1


def _refuse_unmet(fabric: Fabric, num_nodes: int) -> None:
    where = getattr(fabric.strategy, "cluster_environment", None)
    missing = [name for name in RENDEZVOUS if name not in os.environ]
    if num_nodes > 1 and isinstance(where, LightningEnvironment) and missing:
        raise RunError(
            f"--num-nodes {num_nodes}: {' and '.join(missing)} must say how the machines find each other",
            hint="Give the first machine's address as MASTER_ADDR, a free port of it as MASTER_PORT, and to each "
            f"machine its number from 0 to {num_nodes - 1} as NODE_RANK",
        )


def has_bf16() -> bool:
    """Whether this machine's CPU or GPU multiplies in bfloat16 (emulated, it would be slower than float32)."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu.get_capabilities().get("avx512_bf16") or torch.cpu.get_capabilities().get("amx_bf16"))


def hold_memory() -> None:
    """Keep freed activations in the process: glibc returns them to the kernel, which zeroes them again at every step.

    Measured on two cores of an AMD EPYC: 61 → 66 images/s. Does nothing where the C library is not glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for option in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            mallopt(option, 2**31 - 1)
        mallopt(M_TOP_PAD, 2**28)


def is_first_process() -> bool:
    """Whether this process goes on when training has ended; the same for every launcher, once it has started."""
    return not _together() or dist.get_rank() == 0


def everywhere(fabric: Fabric, work: Callable[[], Found]) -> Found:
    """Every process does it; where one of them cannot, none goes on. Raises that process's own LeukoLensError there,
    and RunError in the others."""
    found, failed = None, None
    try:
        found = work()
    except LeukoLensError as error:
        if not _together():
            raise
        failed = error
    if _together():
        count = torch.tensor([float(failed is not None)], device=fabric.device)
        dist.all_reduce(count)
        if failed is not None:
            raise failed
        if count.item():
            raise RunError("another process of this training cannot start", hint="Its own message says why")
    return found  # type: ignore[return-value]  # a failed one does not come here


def in_turn(fabric: Fabric, work: Callable[[], Found]) -> Found:
    """Likewise, one process of each machine before the others: they find in the cache what it has left there."""
    leads = fabric.local_rank == 0
    early = everywhere(fabric, lambda: work() if leads else None)
    late = everywhere(fabric, lambda: None if leads else work())
    return early if leads else late  # type: ignore[return-value]


def from_first(fabric: Fabric, work: Callable[[], bytes]) -> bytes:
    """The first process does it, and all get what it found."""
    data = everywhere(fabric, lambda: work() if fabric.is_global_zero else b"")
    if not _together():
        return data
    size = torch.tensor([len(data)], device=fabric.device)
    dist.broadcast(size, 0)
    told = torch.empty(int(size), dtype=torch.uint8, device=fabric.device)
    if fabric.is_global_zero and data:
        told.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
    dist.broadcast(told, 0)
    return told.cpu().numpy().tobytes()


@contextlib.contextmanager
def while_all_live(out: Path) -> Iterator[None]:
    """A machine that is gone in the middle is an error with what to do, in all that are left."""
    try:
        yield
    except RuntimeError as error:
        told = str(error).lower()
        if not _together() or not any(word in told for word in ("gloo", "nccl", "connection", "timed out")):
            raise
        hint = "Start all of them again with --resume: epochs that were written are not lost"
        raise RunError("another process of this training has ended", path=out, hint=hint) from error


class _Sum(torch.autograd.Function):
    """Over all processes; the gradient of a sum is the sum of the gradients."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total


def summed(values: Tensor) -> Tensor:
    """Over all processes; gradients pass."""
    return _Sum.apply(values) if _together() else values


def _together() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1

"""One file an epoch holds all that a run needs to go on: network, optimiser, best weights so far, history.

safetensors with the history as its metadata: no pickle, and whole or absent (leukolens.base.atomic).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import Tensor
from torch.optim import Optimizer

from leukolens.base import atomic
from leukolens.base.errors import RunError
from leukolens.research.train.history import Epoch

FILE = "checkpoint.safetensors"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The state after an epoch."""

    network: Mapping[str, Tensor]
    best: Mapping[str, Tensor]
    """The weights with the lowest validation loss so far."""
    optimiser: Mapping[str, Tensor]
    """'<parameter number>.<name>', Adam's moments and step."""
    history: list[Epoch]


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint` in one move."""
    groups = {
        "network": checkpoint.network,
        "best": checkpoint.best,
        "optimiser": checkpoint.optimiser,
    }
    # cloned: right after an improvement `network` and `best` are the same memory, which safetensors refuses
    tensors = {
        f"{group}/{name}": tensor.contiguous().clone(memory_format=torch.contiguous_format)
        for group, state in groups.items()
        for name, tensor in state.items()
    }
    history = json.dumps([asdict(epoch) for epoch in checkpoint.history])
    atomic.write_bytes(path, to_bytes(tensors, {"history": history}))  # save_file's I/O errors are no OSError


def load(path: Path) -> Checkpoint:
    """Raises RunError when the file is damaged."""
    return parse(path.read_bytes(), path=path)


def parse(data: bytes, *, path: Path) -> Checkpoint:
    """Of the file's bytes; `path` stands in the error. Raises RunError when they are damaged."""
    groups: dict[str, dict[str, Tensor]] = {"network": {}, "best": {}, "optimiser": {}}
    try:
        for key, tensor in from_bytes(data).items():
            group, name = key.split("/", 1)
            groups[group][name] = tensor
        head = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])  # safetensors' own format
        history = [Epoch(**row) for row in json.loads(head["__metadata__"]["history"])]
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise RunError(f"is damaged ({error})", path=path, hint="Start the run again in another folder") from error
    return Checkpoint(**groups, history=history)


def optimiser_tensors(optimiser: Optimizer) -> dict[str, Tensor]:
    """Adam's state as flat names."""
    state: dict[int, dict[str, Tensor]] = optimiser.state_dict()["state"]
    return {f"{number}.{name}": tensor for number, values in state.items() for name, tensor in values.items()}


def restore_optimiser(optimiser: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """The inverse of `optimiser_tensors`."""
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    for key, tensor in tensors.items():
        number, name = key.split(".", 1)
        like = parameters[int(number)]  # fused Adam reads the moments in the parameter's memory order
        value = torch.empty_like(like, dtype=tensor.dtype).copy_(tensor) if tensor.shape == like.shape else tensor
        state.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})

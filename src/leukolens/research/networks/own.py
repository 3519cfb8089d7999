"""A reader's own network, by 'module:function': the function is given the settings and returns the network.

The module is looked for in the current folder first. It is imported where a network is trained or exported, and never
to judge a cell: what judges is the ONNX file.
"""

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from leukolens.base.errors import RunError, WeightsError
from leukolens.research.networks.cell_network import IMAGENET_MEAN, IMAGENET_STD, CellNetwork, Transferred
from leukolens.research.settings import TrainSettings

HINT = "Write a function that takes the settings and returns a torch.nn.Module: images (N, 3, H, W) → features (N, F)"


class OwnNetwork(Transferred):
    """Any module from images, normalised as ImageNet's, to features; dropout and the last layer are added."""

    def load_imagenet(self) -> None:
        """Raises WeightsError: only the function knows how to load weights."""
        raise WeightsError(
            "your own network has no ImageNet weights by name",
            hint="Give --init random; your function may load weights itself",
        )


def is_own(name: str) -> bool:
    """Whether `name` is 'module:function', and not one of timm's."""
    return ":" in name and not name.startswith("timm:")


def own_network(name: str, settings: TrainSettings) -> CellNetwork:
    """What the function returns: a CellNetwork as it is, another module as the body of one. Raises RunError."""
    made = _function(name)(settings)
    if isinstance(made, CellNetwork):
        return made
    if not isinstance(made, nn.Module):
        raise RunError(f"{name} returned a {type(made).__name__}", hint=HINT)
    side = settings.preprocess.size
    with torch.no_grad():
        features = made.eval()(torch.zeros(2, 3, side, side))
    if not isinstance(features, torch.Tensor) or features.ndim != 2:
        told = tuple(features.shape) if isinstance(features, torch.Tensor) else type(features).__name__
        raise RunError(f"{name} gives {told} of 2 images, not 2 rows of features", hint=HINT)
    return OwnNetwork(made, features=features.shape[1], mean=IMAGENET_MEAN, std=IMAGENET_STD, dropout=settings.dropout)


def digest_of(name: str) -> str | None:
    """SHA-256 of the module's file, so that a run under other code is another run; None for a name that is not own."""
    if not is_own(name):
        return None
    file = _module(name).__file__
    return None if file is None else hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _function(name: str) -> Callable[[TrainSettings], Any]:
    found = getattr(_module(name), name.partition(":")[2], None)
    if not callable(found):
        raise RunError(f"{name}: the module has no such function", hint=HINT)
    return found  # type: ignore[no-any-return]


def _module(name: str) -> ModuleType:
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        return importlib.import_module(name.partition(":")[0])
    except ModuleNotFoundError as error:
        hint = "Give --network module:function with the module in this folder, or timm:NAME"
        raise RunError(f"{name}: cannot be imported ({error})", hint=hint) from error
    finally:
        sys.path.remove(here)

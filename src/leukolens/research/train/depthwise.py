"""Strided depthwise convolutions in float32, where all else is trained in bf16 on a processor.

oneDNN has no fast gradient of them in bf16: the four of MobileNet took 133 ms, and 12 in float32 (each by itself, 16
images, Intel Xeon with AMX, 2 cores). A training step is 1.2 times as fast for it (dev/log/2026-11-29-11-strides.md).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def strided_in_float(network: nn.Module) -> Iterator[None]:
    """While it lasts, they leave autocast on a processor; what they give is of the type that they were given."""
    found = [module for module in network.modules() if _is_strided_depthwise(module)]
    for module in found:
        module.forward = _in_float(module.forward)
    try:
        yield
    finally:
        for module in found:
            del module.forward


def _is_strided_depthwise(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1 and max(module.stride) > 1


def _in_float(forward: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def exact(x: Tensor) -> Tensor:
        if x.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
            return forward(x)
        with torch.autocast("cpu", enabled=False):
            return forward(x.float()).to(x.dtype)

    return exact

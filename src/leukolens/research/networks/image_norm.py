"""Each image normalised by itself, over its channels and positions, in the place of batch norm (arXiv 1607.06450).

Batch norm takes away what the training's laboratory had in common. This takes away what each image's own channels
have in common, whichever laboratory it is of (dev/log/2026-11-30-20-normalisation.md).
"""

from collections.abc import Callable
from typing import cast

import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, nn


class ImageNorm(nn.Module):
    """(N, C, H, W) → the same, each image with mean 0 and deviation 1, then a gain and an offset for each channel.

    The activation follows, as in timm's BatchNormAct2d.
    """

    def __init__(self, channels: int, *, epsilon: float, activation: nn.Module) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.epsilon, self.activation = epsilon, activation

    def forward(self, values: Tensor) -> Tensor:
        """In float32 whatever it is given: the mean of 16,384 values in bf16 would be no mean."""
        given = values.float()
        away = given - given.mean(dim=(1, 2, 3), keepdim=True)
        variance = (away * away).mean(dim=(1, 2, 3), keepdim=True)
        found = away * torch.rsqrt(variance + self.epsilon)
        found = found * self.weight[None, :, None, None] + self.bias[None, :, None, None]
        return cast(Tensor, self.activation(found.to(values.dtype)))


def by_image(stage: nn.Module) -> None:
    """Every batch norm of the stage becomes an `ImageNorm`, in place."""
    replace_norms(stage, lambda norm: ImageNorm(norm.num_features, epsilon=norm.eps, activation=norm.act))


def replace_norms(stage: nn.Module, make: Callable[[BatchNormAct2d], nn.Module]) -> None:
    """Every batch norm of the stage becomes what `make` makes of it, in place, with its gains and offsets."""
    for name, norm in list(stage.named_modules()):
        if isinstance(norm, BatchNormAct2d):
            found = make(norm)
            found.load_state_dict({"weight": norm.weight, "bias": norm.bias})
            parent, _, child = name.rpartition(".")
            setattr(stage.get_submodule(parent), child, found)

"""ALNett (Jawahar et al. 2022, doi 10.1016/j.compbiomed.2022.105894): a RECONSTRUCTION, not the authors' network.

The abstract says: depth-wise convolutions with different dilation rates, and "cluster layers" of convolution and
max-pooling followed by normalisation, trained from scratch. The layer table is not public, so widths, depths and
dilation rates below are ours; its figures stand for the idea, not for the authors' model.
"""

import torch
from torch import Tensor, nn

from leukolens.research.networks.cell_network import CellNetwork

DILATIONS = (1, 2, 3)
WIDTHS = (32, 64, 128, 256)


class DilatedDepthwise(nn.Module):
    """Depth-wise 3×3 convolutions at several dilation rates side by side, summed, then mixed by a 1×1."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=rate, dilation=rate, groups=width, bias=False) for rate in DILATIONS
        )
        self.mix = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) → the same shape."""
        # In float32: oneDNN's bfloat16 gradient of a dilated depth-wise weight reads memory that nothing has written
        # (torch 2.14, channels last). Measured: equal steps gave unequal gradients, and training ended in NaN.
        with torch.autocast(x.device.type, enabled=False):
            summed = torch.stack([branch(x.float()) for branch in self.branches]).sum(dim=0)
        mixed: Tensor = self.mix(summed)
        return mixed


def cluster(inside: int, outside: int) -> nn.Sequential:
    """A "cluster layer": convolution and max-pooling followed by normalisation; halves the side.

    The activation comes last. Before the pooling, nothing would part this normalisation from the next one but a
    depth-wise convolution: its scale and shift would have no gradient but rounding, which Adam makes whole steps of.
    """
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(outside), nn.ReLU()
    )


class ALNett(CellNetwork):
    """Four cluster layers, each followed by dilated depth-wise convolutions; 0.49 M parameters."""

    def __init__(self, *, dropout: float) -> None:
        super().__init__()
        stages: list[nn.Module] = [nn.MaxPool2d(2)]  # 224 → 112 first: full resolution costs four times as much
        for inside, outside in zip((3, *WIDTHS[:-1]), WIDTHS, strict=True):
            stages += [cluster(inside, outside), DilatedDepthwise(outside)]
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(WIDTHS[-1], 2)

    def forward(self, rgb: Tensor) -> Tensor:
        """Logits (N, 2): HEM, ALL."""
        logits: Tensor = self.dense(self.dropout(self.pooled(rgb)))
        return logits

    def pooled(self, rgb: Tensor) -> Tensor:
        """(N, 256), mean over the positions."""
        maps: Tensor = self.stages(rgb / 255)
        return maps.to(self.dense.weight.dtype).mean(dim=(2, 3))

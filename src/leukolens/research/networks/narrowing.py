"""MobileNet v1's weights → those of a narrower one: of every layer the channels that matter most."""

import torch
from torch import Tensor

BN = ("weight", "bias", "running_mean", "running_var")
MOVING = ("running_mean", "running_var", "num_batches_tracked")
"""What an `ImageNorm` in batch norm's place has not."""
DEPTHS = (1, 2, 2, 6, 2)
"""timm groups the 13 blocks by resolution."""
STAGES = [(stage, block) for stage, depth in enumerate(DEPTHS) for block in range(depth)]
CONVOLUTIONS = [("conv_stem", "bn1")] + [
    (f"blocks.{stage}.{block}.{conv}", f"blocks.{stage}.{block}.{norm}")
    for stage, block in STAGES
    for conv, norm in (("conv_dw", "bn1"), ("conv_pw", "bn2"))
]
"""Every convolution in order, with its batch norm."""


def narrowed(state: dict[str, Tensor], shapes: dict[str, Tensor]) -> dict[str, Tensor]:
    """Of each layer the channels with the largest batch norm gains, in their order (arXiv 1708.06519), as many as
    `shapes` has: all of them where the widths are equal. Moving statistics that `shapes` lacks are left out."""
    found = dict(state)
    kept = torch.arange(3)
    for conv, norm in CONVOLUTIONS:
        kernel = state[f"{conv}.weight"]
        if kernel.shape[1] == 1:  # depthwise: its channels are those that come in
            rows = kept
        else:
            gains = state[f"{norm}.weight"].abs()
            rows = gains.topk(len(shapes[f"{conv}.weight"])).indices.sort().values
            kernel = kernel[:, kept]
        found[f"{conv}.weight"] = kernel[rows]
        found |= {f"{norm}.{key}": state[f"{norm}.{key}"][rows] for key in BN}
        kept = rows
        for name in (f"{norm}.{key}" for key in MOVING):
            if name not in shapes:
                found.pop(name, None)
    return found

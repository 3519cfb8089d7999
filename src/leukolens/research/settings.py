"""Every knob of a training run, with its unit and where its default comes from (Makem et al. 2025 unless said)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from leukolens.base.errors import RunError
from leukolens.model.preprocess import Preprocess

Schedule = Literal["plateau", "cosine"]
InputRange = Literal["0..1", "-1..1"]
LastNorm = Literal["batch", "image", "first"]
NoiseMixing = Literal["share", "beside"]


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Ranges drawn anew for every image in every epoch (§3.2 step 4, Keras ImageDataGenerator's terms)."""

    rotation: float = 45.0
    """Degrees, drawn from ± this."""
    flip: float = 0.5
    """Probability of a horizontal flip."""
    grey: float = 0.0
    """Probability that an image of either class loses its saturation. The paper has none: its copies are HEM only."""
    brightness: tuple[float, float] = (0.4, 0.8)
    """Factor, as the paper gives it."""
    brightness_stretch: bool = True
    """Whether each image's values are stretched to 0–255 before the factor, as Keras's ImageDataGenerator did for years
    (keras-preprocessing 1.1.2, apply_brightness_shift → array_to_img). C-NMC cells reach about 113: a plain factor of
    0.4–0.8 makes every training image darker than any test image (measured: darkening the test mends the specificity,
    docs/results/training.md), and a stretched one 0.9–1.8 times as bright."""
    shift: float = 0.1
    """Share of the image's side, drawn from ± this for each axis."""
    zoom: tuple[float, float] = (0.8, 1.0)
    """Factor of the field of view, each axis on its own; below 1 magnifies."""
    shear: float = 3.0
    """Degrees, drawn from ± this."""
    stains: float = 0.0
    """Haematoxylin, eosin and the rest (`augment.appearance`), each stronger or weaker: deviation of the logarithm of
    its factor, which stays within two thirds and three halves. 0: as they are. The paper has none."""


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """One recipe; two runs with equal settings, seed and data give equal weights on the same machine."""

    seed: int = 0
    """Split, initial head, order, noise and augmentation all come from it."""
    network: str = "mobilenet_m"
    """A name of `research.networks.registry`."""
    last_norm: LastNorm = "batch"
    """What normalises MobileNet_M's last stage: 'batch', as MobileNet v1 has it; 'image': each image by itself, over
    its channels and positions (`networks.image_norm`); 'first': likewise in the first of its two blocks alone, so that
    the log-odds have no bounds. The paper has batch norm."""
    preprocess: Preprocess = field(default_factory=Preprocess)
    schedule: Schedule = "plateau"
    """'plateau': the paper's drops (Table 5), and the epoch with the best validation loss is kept. 'cosine': from the
    first rate to 0 over `epochs`, and the last is kept: a few validation subjects would choose by chance."""
    balance: bool = True
    """Every HEM cell of the training part once more without saturation (§3.2 step 2)."""
    noise: tuple[float, ...] = (0.0, 3.0, 9.0)
    """Standard deviations on the 0–255 scale, in equal proportions (§3.2 step 3); 0 is the clean image. Noise comes
    between warp and brightness: a warp interpolates, and noise drawn before it reaches the network smoothed, unlike the
    test's; drawn after the brightness it is weaker or stronger than the test's (measured, docs/results/training.md)."""
    noise_mixing: NoiseMixing = "share"
    """The paper does not say whether noisy copies stand beside the clean images or replace a share of them. 'share':
    each epoch shows a third of the images clean, a third with σ 3 and a third with σ 9, dealt anew, so that every image
    is seen in all three ways at a third of the cost. 'beside': each epoch shows every image in all three."""
    mixup: float = 0.0
    """Mixup (arXiv 1710.09412): α of the Beta(α, α) from which each batch draws how much of an image stays its own;
    0: none."""
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    input_range: InputRange = "0..1"
    """What the network makes of 0–255. The paper rescales by 1/255 although the ImageNet weights expect −1 to 1."""
    contrast: int = 0
    """Epochs of supervised contrastive learning before the training (`train.contrast`); the paper has none."""
    refit: float = 0.0
    """Last-layer retraining (`train.refit`): weight of the sum of squares with which the last layer is fitted again;
    0: it stays as trained."""
    dropout: float = 0.2
    """Rate; the paper gives none. 0.2 is a common choice for this head."""
    epochs: int = 100
    """At most (Table 5)."""
    batch: int = 16
    """Images a step, over all devices together (Table 5)."""
    learning_rate: float = 1e-3
    """Adam (Table 5), with Keras's ε of 1e-7."""
    drop_factor: float = 0.1
    """Learning rate × this …"""
    drop_patience: int = 5
    """… after so many epochs without a validation loss better by `drop_delta` (Table 5)."""
    drop_delta: float = 1e-4
    """Keras's ReduceLROnPlateau default."""
    lowest_rate: float = 1e-6
    """Never below (Table 5)."""
    stop_patience: int = 20
    """Stop after so many epochs without a better validation loss (Table 5); the best epoch's weights are kept."""
    l1: float = 0.015
    """Penalty on the sum of absolute dense weights (Table 5)."""
    bn_momentum: float = 0.01
    """Share of the new batch in the moving statistics: Keras's 0.99 in PyTorch's terms."""

    def __post_init__(self) -> None:
        if self.batch < 2:
            raise RunError(f"a batch of {self.batch} is too small: batch norm needs 2 images")


RETIRED: dict[str, Any] = {
    "sampling": "cells",
    "draws": 0,
    "averaging": 0.0,
    "noise_order": "warped",
    "frozen": 0,
}
"""Settings that version 0.1 had and no recipe turned on, with the value that describes what training does now. Records
and cards of 0.1 hold them (dev/log)."""
RETIRED_AUGMENTATION: dict[str, Any] = {
    "vertical_flip": 0.0,
    "scale": (1.0, 1.0),
    "stain": 0.0,
    "style": 0.0,
    "focus": 0.0,
}
"""Likewise, of `Augmentation`."""


def restored(values: Mapping[str, Any]) -> tuple[TrainSettings, dict[str, Any]]:
    """Settings from a run's record or a model's card, of this version or an earlier one.

    Returns them and, by name, what a retired setting held if training does otherwise now. A setting added
    since has its default. Raises TypeError or AttributeError where the values are not settings.
    """
    retired, own = _parted(values, RETIRED)
    own["preprocess"] = Preprocess(**own.get("preprocess", {}))
    if own.get("augmentation") is not None:
        older, ranges = _parted(own["augmentation"], RETIRED_AUGMENTATION)
        retired |= {f"augmentation.{name}": value for name, value in older.items()}
        own["augmentation"] = Augmentation(**ranges)
    return TrainSettings(**own), retired


def _parted(values: Mapping[str, Any], retired: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is retired and was turned on, and what is not retired, with JSON's lists as tuples."""
    found = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    changed = {name: found.pop(name) for name in retired if name in found}
    return {name: value for name, value in changed.items() if value != retired[name]}, found


def describe(settings: TrainSettings) -> dict[str, Any]:
    """What differs from the defaults, part by part: a run's key, which a setting added later must not change."""
    return _differing(asdict(settings), asdict(TrainSettings()))


def _differing(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in values.items():
        if isinstance(value, dict) and isinstance(defaults[name], dict):
            value, usual = _differing(value, defaults[name]), {}
        else:
            usual = defaults[name]
        if value != usual:
            found[name] = value
    return found

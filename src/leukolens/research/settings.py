"""Every knob of a training run, with its unit and where its default comes from (Makem et al. 2025 unless said)."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from leukolens.base.errors import RunError
from leukolens.model.preprocess import Preprocess

Sampling = Literal["cells", "subjects", "areas"]
Schedule = Literal["plateau", "cosine"]
InputRange = Literal["0..1", "-1..1"]
NoiseMixing = Literal["share", "beside"]
NoiseOrder = Literal["before", "warped", "last"]


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Ranges drawn anew for every image in every epoch (§3.2 step 4, Keras ImageDataGenerator's terms)."""

    rotation: float = 45.0
    """Degrees, drawn from ± this."""
    flip: float = 0.5
    """Probability of a horizontal flip."""
    vertical_flip: float = 0.0
    """Probability of a vertical flip. The paper has none."""
    scale: tuple[float, float] = (1.0, 1.0)
    """Factor of the field of view, both axes alike, beside `zoom`; above 1 the cell shrinks. The paper has none."""
    grey: float = 0.0
    """Probability that an image of either class loses its saturation. The paper has none: its copies are HEM only."""
    stain: float = 0.0
    """Strength of stain jitter in both classes (`research.augment.appearance`). The paper has none."""
    style: float = 0.0
    """Probability that a cell moves towards the colours of another, of either class (`appearance.restyle`)."""
    focus: float = 0.0
    """Share of a cell's fine detail, drawn from ± this, that is added or taken away (`appearance.refocus`).
    Slides differ in sharpness, and in folds 0 and 1 most sharp ones are ALL."""
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


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """One recipe; two runs with equal settings, seed and data give equal weights on the same machine."""

    seed: int = 0
    """Split, initial head, order, noise and augmentation all come from it."""
    network: str = "mobilenet_m"
    """A name of `research.networks.registry`."""
    preprocess: Preprocess = field(default_factory=Preprocess)
    sampling: Sampling = "cells"
    """'cells': every training image once an epoch. 'subjects': as many images, drawn so that each class and within it
    each subject is shown alike; patient 51 alone is a fifth of fold 1. 'areas': likewise, and of every size of cell as
    many from each class (`research.augment.batches.matched_chances`)."""
    draws: int = 0
    """Images an epoch, where `sampling` draws them; 0: as many as there are cells."""
    mixup: float = 0.0
    """α of the Beta distribution of mixup (arXiv 1710.09412); 0: none."""
    averaging: float = 0.0
    """Decay of a moving average of the weights, a step; it is what is validated and kept. 0: none."""
    schedule: Schedule = "plateau"
    """'plateau': the paper's drops (Table 5), and the epoch with the best validation loss is kept. 'cosine': from the
    first rate to 0 over `epochs`, and the last is kept: a few validation subjects would choose by chance."""
    balance: bool = True
    """Every HEM cell of the training part once more without saturation (§3.2 step 2)."""
    noise: tuple[float, ...] = (0.0, 3.0, 9.0)
    """Standard deviations on the 0–255 scale, in equal proportions (§3.2 step 3); 0 is the clean image."""
    noise_mixing: NoiseMixing = "share"
    """The paper does not say whether noisy copies stand beside the clean images or replace a share of them.
    'share': each epoch a third of the images is clean, a third has σ 3, a third σ 9, drawn anew, so that every image is
    seen in all three ways at a third of the cost. 'beside': every epoch shows each image in all three ways."""
    noise_order: NoiseOrder = "warped"
    """Where noise comes. The paper lists it before the augmentation ('before'); but a warp interpolates, and noise
    drawn before it reaches the network smoothed, unlike the test's: measured, accuracy on fold 1 falls from .951 clean
    to .877 at σ 10. 'last' adds it to what the network sees, where a changed brightness makes it weaker or stronger
    than the test's: measured with stretched brightness, .933 to .864. 'warped' adds it between warp and brightness, so
    that it has the paper's strength beside the cell: in a trial of 8 epochs, .915 to .897 (docs/results)."""
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    input_range: InputRange = "0..1"
    """What the network makes of 0–255. The paper rescales by 1/255 although the ImageNet weights expect −1 to 1."""
    refit: float = 0.0
    """Weight of the sum of squares with which the last layer is fitted anew after training (`train.refit`); 0: it
    stays as trained."""
    frozen: int = 0
    """So many stages of MobileNet, the stem with the first of its five, keep their ImageNet weights and statistics."""
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


def told(settings: TrainSettings) -> dict[str, Any]:
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

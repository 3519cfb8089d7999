"""Prediction: what is said of one image, or why nothing is."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from leukolens.decide.cell import Verdict


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What the model says of one image, or why it says nothing."""

    path: str
    """The file as it was given; 'array 3', 'bytes 3' or 'image 3' for what has no name and was given fourth."""
    verdict: Verdict | None
    """None when the image could not be read; 'refused' when it is not what the model may judge."""
    p_all: float | None
    """Probability of ALL, 0–1; None without an answer of the model."""
    model_id: str
    """Which model judged."""
    reason: str = ""
    """Why there is neither ALL nor HEM; of a model that lacks safeguards, that it does."""
    sha256: str = ""
    """Of the file, 64 hexadecimal digits; '' for an array and for a file whose bytes could not be read."""
    band: tuple[float, float] | None = None
    """p(ALL) from which and up to which this model's answer is 'uncertain'; None for a model without a band."""
    hue: float | None = None
    """Degrees on the colour wheel of the cell's mean colour, its stain's; None for a model that does not look, and
    where no cell was found."""
    pixels: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)
    """(224, 224, 3) RGB, 0–255: what the network saw. Only with explain=True; None when the image could not be read."""
    evidence: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    """(7, 7) each position's part in the log-odds of ALL; they are the mean. Only with explain=True, likewise; None
    for a network whose head is not linear."""

    @property
    def content(self) -> str:
        """What tells the same picture again: `decide.patient` counts it once."""
        return self.sha256

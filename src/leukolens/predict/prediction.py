"""Prediction: what is said of one cell, or why nothing is. Judgement: all that is said of one picture."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukolens.decide.cell import Verdict

if TYPE_CHECKING:
    from leukolens.cells.find import FoundCell


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What the model says of one cut-out or of one cell of a field, or why it says nothing."""

    path: str
    """The file as it was given; 'array 3', 'bytes 3' or 'image 3' for what has no name and was given fourth."""
    cell: int | None = None
    """From 1 within its field; None for a cut-out, a file that could not be read and a field without a white cell."""
    kind: str = ""
    """Of a field's cell: lymphoid, other_white, smudge, platelets, cut or unsure; '' where `cell` is None."""
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
    """Degrees on the colour wheel of the cell's mean colour, its stain's, as the network saw it: a field's cells are
    brought to the stain that it knows. None for a model that does not look, and where no cell was found."""
    found: "FoundCell | None" = field(default=None, compare=False, repr=False)
    """Where the cell lies in its field; None where `cell` is None."""
    pixels: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)
    """(224, 224, 3) RGB, 0–255: what the network saw, or would have seen. Only with explain=True; None when the image
    could not be read, and for a cell of a field whose scale is not known."""
    thumbnail: bytes | None = field(default=None, compare=False, repr=False)
    """JPEG of the pixels, 112 px or a little more a side; likewise."""
    evidence: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    """(7, 7), of the half form (4, 4): each position's part in the log-odds of ALL; they are the mean. Only with
    explain=True, likewise; None for a network whose head is not linear."""

    @property
    def content(self) -> str:
        """What tells the same cell again: `decide.patient` counts it once."""
        return content_of(self.sha256, self.cell)


def content_of(sha256: str, cell: int | None) -> str:
    """The same for the same cell of the same bytes; '' where the bytes are not known. cell: None for a cut-out."""
    return sha256 if cell is None or not sha256 else f"{sha256} {cell}"


@dataclass(frozen=True, kw_only=True)
class FieldFacts:
    """A field as it was read."""

    size: tuple[int, int]
    """Width and height, px."""
    um_per_px: float | None = None
    """None where nothing tells it."""
    um_per_px_error: float | None = None
    """Standard deviation, µm per px."""
    um_per_px_source: str = ""
    """'given', 'red cells', or which metadata said it: 'OME-XML', 'Aperio', 'ImageJ' or 'resolution'."""
    overview: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)
    """(H, W, 3) RGB, 0–255, at most 1,400 px a side. Only with explain=True."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is said of one picture."""

    predictions: tuple[Prediction, ...]
    """One for a cut-out; one a cell for a field, from top to bottom; one without a cell where there is none."""
    field: FieldFacts | None = None
    """None for a cut-out, and for a file that could not be read."""

"""What a case takes: an input, with what was found and judged in it. Plain records that load no database."""

from dataclasses import dataclass
from typing import Literal

InputKind = Literal["cut-out", "field", "unreadable"]
Point = tuple[float, float]
Jpeg = bytes
ADDED = "added"
"""Kind of a cell that a reader drew because the finder had missed it. No verdict of the software belongs to it."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Where a cell lies in its field. A cut-out's cell is `Cell()`: it is the whole image."""

    number: int | None = None
    """From 1 within its field."""
    box: tuple[int, int, int, int] | None = None
    """x0, y0, x1, y1 in px of the input as it came; x1 and y1 are excluded."""
    polygon: tuple[Point, ...] = ()
    """Its outline, px of the input."""
    nucleus: tuple[Point, ...] = ()
    """The outline of its nucleus, likewise."""
    kind: str = ""
    """lymphoid, other_white, smudge, platelets, cut or unsure."""
    confidence: float | None = None
    """Of the finder, 0–1."""
    area_um2: float | None = None
    """Of the whole cell."""
    touching: bool | None = None
    """Whether it touches another cell."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What a report shows of a cell, so that it can be made again without the image."""

    jpeg: bytes
    """Thumbnail of what the network saw."""
    evidence: bytes | None = None
    """7×7 float32 (half form: 4×4), little-endian, by rows: each position's part in the log-odds of ALL."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a model said of one cell, or of a file in which there is none."""

    cell: Cell | None = None
    """None for a file that could not be read, or a field without a cell."""
    model_id: str
    version: str
    """Of LeukoLens."""
    verdict: str | None
    """ALL, HEM, uncertain or refused; None when the file could not be read."""
    logit: float | None = None
    """Log-odds of ALL before the temperature."""
    p_all: float | None = None
    """Probability of ALL, 0–1."""
    band: str = ""
    """p(ALL) in which the answer is 'uncertain', as '0.250000-0.750000'."""
    hue: float | None = None
    """Degrees of the cell's mean colour."""
    reason: str = ""
    """Why there is neither ALL nor HEM, in one line."""
    judged_at: str
    """UTC, ISO 8601, to the second."""
    picture: Picture | None = None


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One input with its answers: one for a cut-out, one a cell for a field, one without a cell where there is none."""

    path: str
    """As it was given, in one line."""
    sha256: str
    """Of its bytes, 64 hexadecimal digits; '' when they could not be read."""
    patient: str = ""
    """In one line; '' when none is known."""
    kind: InputKind = "cut-out"
    bytes: int | None = None
    """Size of the file."""
    width: int | None = None
    """px."""
    height: int | None = None
    """px."""
    um_per_px: float | None = None
    """Scale of the input."""
    um_per_px_error: float | None = None
    """Its standard deviation."""
    um_per_px_source: str = ""
    """given, red cells, or which metadata said it: OME-XML, Aperio, ImageJ or resolution."""
    overview: Jpeg | None = None
    """JPEG of a whole field, at most 1,400 px a side."""
    answers: tuple[Answer, ...]

"""Where a taught model comes from: its parent, the cells that taught it, and what it gained on cells left out."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from leukolens.base.schema import Count, Share


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Stands in the card of a model that `leukolens adapt` wrote."""

    parent: Annotated[str, Meta(pattern="^[0-9a-f]{12}$")]
    """Id of the model whose features it reads."""
    cells: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """SHA-256 over a line for each cell that taught it, sorted: the digest of its picture, ALL or HEM, its patient."""
    blasts: Count
    """Cells called ALL."""
    normal: Count
    """Cells called HEM."""
    patients: Count
    """Of whom; 0 where they are not known."""
    left_out: Literal["patients", "cells"]
    """What was held out together to measure it."""
    auroc: Share
    """Of its answers to cells held out."""
    parent_auroc: Share
    """Of the parent's answers to the same cells."""
    gain: tuple[float, float]
    """95 % interval of the difference, over what was held out."""

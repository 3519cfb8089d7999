"""How far a cell's pooled features lie from the training cells': what no limit on the image says.

A Gaussian around the training cells, with their own variances along the main directions and one variance for all the
rest (probabilistic PCA, Tipping & Bishop 1999), and the Mahalanobis distance from it (Lee et al. 2018, here without
classes: the two overlap far more than either differs from another laboratory's cells). Stored beside the model card.

It is the weaker of the two checks and adds to `quality` what looks right and is not (docs/results/refusal.md).
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukolens.base import schema
from leukolens.base.errors import ModelError, RunError
from leukolens.cells.quality import Refusal

METADATA_KEY = "leukolens.reference"
FORMAT = 1
"""Raised when an older LeukoLens could misread a newer reference."""
DIRECTIONS = 16
"""Kept; 16 to 256 told strangers from unseen cells equally well (AUROC within 0.013), and 16 are 0.1 MB as text."""
LEVEL = 0.99
"""Share of the held-out cells that lie within the limit."""
_LEAST = 1e-6  # of a deviation; a network whose features never vary would divide by zero


@dataclass(frozen=True, kw_only=True)
class FeatureReference:
    """Where a network's training cells lie in the space of its F pooled features."""

    mean: NDArray[np.float32]
    """(F,)"""
    directions: NDArray[np.float32]
    """(K, F), of length 1 and at right angles; the first varies most."""
    deviations: NDArray[np.float32]
    """(K,) standard deviation along each."""
    residual: float
    """Standard deviation along every other direction."""
    limit: float
    """Largest distance at which a cell is judged."""

    def distance(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """features: (N, F) pooled features. Returns (N,): 0 at the mean, about 1 for a training cell.

        The root of the mean, over the F directions, of the squared deviation in standard deviations.
        """
        away = features.astype(np.float64) - self.mean
        along = away @ self.directions.T.astype(np.float64)
        rest = np.maximum((away**2).sum(axis=1) - (along**2).sum(axis=1), 0)  # rounding may leave it below 0
        squares = ((along / self.deviations) ** 2).sum(axis=1) + rest / self.residual**2
        return np.asarray(np.sqrt(squares / len(self.mean)))

    def refusal(self, distance: float) -> Refusal | None:
        """Why a cell at that distance is not judged; None where it is. A distance that is no number is refused."""
        if distance <= self.limit:
            return None
        text = f"is unlike the cells that the model knows (distance {distance:.2f}, at most {self.limit:.2f})"
        return Refusal(kind="unlike", text=text, hint="Give lymphoid cells prepared and segmented as in C-NMC")

    def to_json(self) -> str:
        """The text that is stored: arrays as base64 of little-endian float32."""
        arrays = {name: getattr(self, name).astype("<f4").tobytes() for name in ("mean", "directions", "deviations")}
        return schema.write(_Stored(residual=self.residual, limit=self.limit, **arrays))


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """As it stands in the file; bytes are base64 there."""

    format: int = FORMAT
    mean: bytes
    directions: bytes
    deviations: bytes
    residual: schema.Positive
    limit: schema.Positive


def fit_reference(
    training: NDArray[np.float32],
    held_out: NDArray[np.float32],
    *,
    directions: int = DIRECTIONS,
    level: float = LEVEL,
) -> FeatureReference:
    """training: (N, F) features of the cells that the network was trained on, without noise or augmentation;
    held_out: (M, F) of cells that it was not trained on, best of other subjects: training cells lie closer.

    level: share of `held_out` that the limit keeps, 0–1. Of few cells fewer directions are kept, (N − 1) / 2 at most,
    so that something is left to tell the residual from. Raises RunError for fewer than 4 training cells or no held-out.
    """
    if len(training) < 4 or not len(held_out):
        raise RunError(
            f"{len(training)} training and {len(held_out)} held-out cells are too few to say what is unlike them",
            hint="Give at least 4 and 1",
        )
    centred = training.astype(np.float64)
    mean = centred.mean(axis=0)
    centred -= mean
    values, vectors = np.linalg.eigh(centred.T @ centred / (len(centred) - 1))
    values, vectors = values[::-1].clip(min=0), vectors[:, ::-1]
    kept = min(directions, (len(centred) - 1) // 2, len(mean) - 1)
    reference = FeatureReference(
        mean=mean.astype(np.float32),
        directions=np.ascontiguousarray(vectors[:, :kept].T, np.float32),
        deviations=np.maximum(np.sqrt(values[:kept]), _LEAST).astype(np.float32),
        residual=max(math.sqrt(values[kept:].mean()), _LEAST),
        limit=math.inf,
    )
    return at_level(reference, held_out, level=level)


def at_level(reference: FeatureReference, held_out: NDArray[np.float32], *, level: float = LEVEL) -> FeatureReference:
    """The same with a limit that keeps at least that share of `held_out`, (M, F). Never between two cells: a cell's own
    distance is the limit, so that of fewer than 100 cells, at 0.99, all are kept."""
    limit = float(np.quantile(reference.distance(held_out), level, method="higher"))
    return replace(reference, limit=limit)


def from_json(text: str, *, path: Path) -> FeatureReference:
    """Read a reference. Raises ModelError, naming `path`, when it is not one or is newer than this LeukoLens."""
    try:
        if schema.version(text) > FORMAT:
            raise ModelError("was made by a newer LeukoLens", path=path, hint="pip install --upgrade leukolens")
        return _checked(schema.read(text, _Stored))
    except schema.Damaged as error:
        raise ModelError(
            f"holds a damaged reference of features ({error})", path=path, hint="Export the model again"
        ) from error


def _checked(stored: _Stored) -> FeatureReference:
    mean, directions, deviations = (
        _array(name, getattr(stored, name)) for name in ("mean", "directions", "deviations")
    )
    if not len(mean) or len(directions) != len(deviations) * len(mean):
        told = f"{len(directions)} numbers for {len(deviations)} directions of {len(mean)} features"
        raise schema.Damaged(f"directions: {told}")
    if (deviations <= 0).any():
        raise schema.Damaged("deviations: one is not above 0")
    return FeatureReference(
        mean=mean,
        directions=directions.reshape(len(deviations), len(mean)),
        deviations=deviations,
        residual=stored.residual,
        limit=stored.limit,
    )


def _array(name: str, data: bytes) -> NDArray[np.float32]:
    if len(data) % 4:
        raise schema.Damaged(f"{name}: {len(data)} bytes are not whole float32")
    values = np.frombuffer(data, "<f4").astype(np.float32)
    if not np.isfinite(values).all():
        raise schema.Damaged(f"{name}: holds a value that is not a number")
    return values

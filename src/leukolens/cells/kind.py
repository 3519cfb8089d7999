"""A found cell → what it is: the model judges lymphoid cells alone, so the others get an answer of their own.

A small gate on what a reader looks at: how much of the cell is nucleus, whether the nucleus is round, bent or in lobes,
and how the cytoplasm takes the stain beside the nucleus. All are ratios or µm, so lamp and stain cancel as far as they
can. Sixteen numbers, one hidden layer, in which a dozen networks stand side by side; `studies/train_gate.py` trains it,
shipped/README.md says on what.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from leukolens.cells.find import FoundCell, View, filled

FEATURES = (
    "cell area, log µm²",
    "nucleus area, log µm²",
    "nucleus share of the cell",
    "lobes",
    "solidity of all lobes",
    "roundness of all lobes",
    "elongation of the nucleus",
    "roundness of the cell",
    "nucleus off the middle, radii",
    "cytoplasm red density, of the nucleus'",
    "cytoplasm green density, of the nucleus'",
    "cytoplasm blue density, of the nucleus'",
    "red over green: cytoplasm less nucleus, log",
    "blue over green: cytoplasm less nucleus, log",
    "unevenness of the nucleus",
    "unevenness of the cytoplasm",
)
SHIPPED = Path(__file__).with_name("shipped") / "gate.npz"
_PALEST = 0.35
"""Green density of a nucleus, natural logarithm: below, it is a shadow of one."""
_RAGGED = 0.8
"""Solidity of a whole cell: below, it has burst."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Standardise, one hidden layer with tanh, one logit of 'lymphoid'."""

    mean: NDArray[np.float32]
    """(16,)."""
    deviation: NDArray[np.float32]
    """(16,)."""
    hidden: NDArray[np.float32]
    """(16, H)."""
    hidden_bias: NDArray[np.float32]
    """(H,)."""
    out: NDArray[np.float32]
    """(H,)."""
    out_bias: float
    lymphoid: float
    """Logit from which a cell is lymphoid."""
    other: float
    """Logit below which it is another white cell; between the two it is unsure."""

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 16) → (N,)."""
        standard = np.clip((features - self.mean) / self.deviation, -4, 4)
        return np.asarray(np.tanh(standard @ self.hidden + self.hidden_bias) @ self.out + self.out_bias, np.float32)


@cache
def shipped_gate() -> Gate:
    """The gate inside the package."""
    with np.load(SHIPPED, allow_pickle=False) as arrays:
        values = {name: arrays[name] for name in arrays.files}
    numbers = {name: float(values.pop(name)) for name in ("out_bias", "lymphoid", "other")}
    return Gate(**values, **numbers)  # type: ignore[arg-type]  # floats and arrays by name


def with_kinds(cells: Sequence[FoundCell], view: View, gate: Gate | None = None) -> list[FoundCell]:
    """The cells again, each 'lymphoid' among them looked at. What the place alone told ('cut', 'platelets') stays."""
    gate = gate or shipped_gate()
    return [_looked_at(cell, view, gate) if cell.kind == "lymphoid" else cell for cell in cells]


def _looked_at(cell: FoundCell, view: View, gate: Gate) -> FoundCell:
    if not cell.nucleus:
        return replace(cell, kind="unsure", reason="shows no nucleus")
    if burst := _burst(cell, view):
        return replace(cell, kind="smudge", reason=burst)
    logit = float(gate.logits(features(cell, view)[None])[0])
    if logit >= gate.lymphoid:
        return cell
    share = 1 / (1 + np.exp(-logit))
    if logit < gate.other:
        return replace(cell, kind="other_white", reason=f"is not a lymphoid cell (lymphoid {share:.2f})")
    return replace(cell, kind="unsure", reason=f"may not be a lymphoid cell (lymphoid {share:.2f})")


def _burst(cell: FoundCell, view: View) -> str:
    """Why the cell is a smudge; '' where it is not."""
    points = cell.outline
    hull = cv2.contourArea(cv2.convexHull(points))
    solidity = cv2.contourArea(points) / hull if hull else 1.0
    if solidity < _RAGGED:
        return f"has a ragged outline, like a burst cell's (solidity {solidity:.2f}, at least {_RAGGED})"
    density, _, nucleus = _patch(cell, view)
    palest = float(density[nucleus, 1].mean()) if nucleus.any() else 0.0
    if palest < _PALEST:
        return f"has a faded nucleus, like a burst cell's (density {palest:.2f}, at least {_PALEST})"
    return ""


def _patch(cell: FoundCell, view: View) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """The cell's part of the view: density (h, w, 3), the cell's pixels, its nucleus' pixels."""
    x0, y0, x1, y1 = (side * view.factor for side in cell.box)
    height, width = view.density.shape[:2]
    left, top = max(0, int(x0) - 1), max(0, int(y0) - 1)
    density = view.density[top : min(height, int(y1) + 2), left : min(width, int(x1) + 2)]
    corner = (left / view.factor, top / view.factor)
    shape = (density.shape[0], density.shape[1])
    inside = filled(cell.outline, shape, factor=view.factor, corner=corner) > 0
    nucleus = np.zeros(shape, np.bool_)
    for lobe in cell.nucleus:
        nucleus |= filled(lobe, shape, factor=view.factor, corner=corner) > 0
    return density, inside, nucleus & inside


def features(cell: FoundCell, view: View) -> NDArray[np.float32]:
    """(16,) as FEATURES names them. The cell shows a nucleus."""
    density, inside, nucleus = _patch(cell, view)
    rim = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    away = ~cv2.dilate(nucleus.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    cytoplasm = rim & away
    dark = _mean(density, nucleus)
    pale = _mean(density, cytoplasm) if cytoplasm.sum() >= 8 else _mean(density, inside & ~nucleus, dark)
    lobes = np.concatenate(cell.nucleus)
    hull = cv2.convexHull(lobes)
    lobe_area = sum(cv2.contourArea(lobe) for lobe in cell.nucleus)
    perimeter = sum(cv2.arcLength(lobe, True) for lobe in cell.nucleus)
    around, edge = cv2.contourArea(cell.outline), cv2.arcLength(cell.outline, True)
    (nx, ny), (cx, cy) = _middle(nucleus), _middle(inside)
    radius = np.sqrt(max(int(inside.sum()), 1) / np.pi)
    return np.array(
        [
            np.log(cell.area),
            np.log(cell.nucleus_area + 1),
            cell.nucleus_area / cell.area,
            min(len(cell.nucleus), 4),
            lobe_area / max(cv2.contourArea(hull), 1e-6),
            4 * np.pi * lobe_area / max(perimeter**2, 1e-6),
            _elongation(nucleus),
            4 * np.pi * around / max(edge**2, 1e-6),
            np.hypot(nx - cx, ny - cy) / radius,
            *(pale / dark),
            np.log(pale[0] / pale[1]) - np.log(dark[0] / dark[1]),
            np.log(pale[2] / pale[1]) - np.log(dark[2] / dark[1]),
            _unevenness(density, nucleus),
            _unevenness(density, cytoplasm),
        ],
        np.float32,
    )


def _mean(
    density: NDArray[np.float32], where: NDArray[np.bool_], otherwise: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """(3,) mean density, at least 0.02 so that ratios stay finite."""
    if not where.any():
        return np.full(3, 0.02, np.float32) if otherwise is None else otherwise
    return np.asarray(np.maximum(density[where].mean(0), 0.02), np.float32)


def _middle(mask: NDArray[np.bool_]) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return (float(columns.mean()), float(rows.mean())) if rows.size else (0.0, 0.0)


def _elongation(mask: NDArray[np.bool_]) -> float:
    """Longer over shorter axis of the mask's moments, at most 4."""
    places = np.argwhere(mask).astype(np.float32)
    if len(places) < 6:
        return 1.0
    small, large = np.linalg.eigvalsh(np.cov(places.T))
    return float(min(4.0, np.sqrt(large / max(small, 1e-3))))


def _unevenness(density: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """Deviation over mean of the green density; 0 where fewer than 8 pixels are left."""
    values = density[where, 1]
    return float(values.std() / max(float(values.mean()), 0.02)) if values.size >= 8 else 0.0

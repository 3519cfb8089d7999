"""What must hold before an exported file is written: on real cells the same verdicts and the same order of the cells,
and in an int8 file no weights whose products could saturate.

The limits are the project's own: a float file is the same model; an int8 file may differ in a hundredth of its
verdicts.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from leukolens.base.errors import ModelError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far an exported file may stand from the model it was made from."""

    probability: float
    """Largest difference of p(ALL) of any cell, 0–1."""
    agreement: float
    """Smallest share of equal verdicts, 0–1."""
    auroc: float
    """Largest difference of the AUROC, 0–1, in either direction."""


FLOAT = Limits(probability=1e-4, agreement=0.99, auroc=0.002)
INT8 = Limits(probability=1.0, agreement=0.99, auroc=0.002)
"""Single probabilities move with int8; the verdicts and the order of the cells must not."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What one model said of the gate's cells."""

    p_all: NDArray[np.float64]
    """(N,) probability of ALL, after the temperature."""
    verdicts: tuple[str, ...]
    """N verdicts by the card's threshold and band; 'refused' by the reference of features."""


@dataclass(frozen=True, kw_only=True)
class Parity:
    """How two models' answers to the same cells compare."""

    cells: int
    probability: float
    """Largest difference of p(ALL)."""
    agreement: float
    """Share of equal verdicts, 0–1."""
    auroc_before: float
    """Of the model that was exported, 0–1."""
    auroc_after: float
    """Of the exported file, 0–1."""

    def failures(self, limits: Limits) -> list[str]:
        """What lies outside the limits, in words; empty when the gate is passed. Not a number is outside."""
        moved = abs(self.auroc_after - self.auroc_before)
        held = (
            (self.probability <= limits.probability, f"p(ALL) differs by up to {self.probability:.2g}"),
            (self.agreement >= limits.agreement, f"only {self.agreement:.2%} of the verdicts agree"),
            (moved <= limits.auroc, f"the AUROC differs by {moved:.4f}"),
        )
        return [text for inside, text in held if not inside]

    def describe(self) -> str:
        """One line for people."""
        return (
            f"{self.agreement:.2%} of {self.cells} verdicts agree, AUROC {self.auroc_after:.4f} "
            f"({self.auroc_before:.4f} before), p(ALL) differs by up to {self.probability:.2g}"
        )


def compare(labels: NDArray[np.int64], before: Answers, after: Answers) -> Parity:
    """labels: (N,) 0 HEM, 1 ALL, both there. before, after: the answers to the same N cells."""
    same = [one == other for one, other in zip(before.verdicts, after.verdicts, strict=True)]
    return Parity(
        cells=len(labels),
        probability=float(np.abs(after.p_all - before.p_all).max()),
        agreement=float(np.mean(same)),
        auroc_before=float(roc_auc_score(labels, before.p_all)),
        auroc_after=float(roc_auc_score(labels, after.p_all)),
    )


LARGEST_WEIGHT = 32767 // (2 * 255)
"""64. A processor without VNNI (`vpmaddubsw`) adds the products of two bytes and their weights in 16 bits and cuts the
sum off at 32767. No two weights up to this can reach it, whichever stand side by side in a kernel's layout."""


def saturating(model: onnx.ModelProto) -> list[str]:
    """Names of the int8 weights that are too large for a processor without VNNI; empty where none can saturate."""
    stored = (tensor for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.INT8)
    kernels = {tensor.name: onnx.numpy_helper.to_array(tensor).astype(np.int16) for tensor in stored}
    return [name for name, weights in kernels.items() if weights.ndim > 1 and np.abs(weights).max() > LARGEST_WEIGHT]


def refuse_saturating(path: Path, model: onnx.ModelProto) -> None:
    """Raise ModelError, naming `path`, for an int8 model whose answers would depend on the processor."""
    if names := saturating(model):
        raise ModelError(
            f"is not written: weights above {LARGEST_WEIGHT} saturate on processors without VNNI ({names[0]})",
            path=path,
            hint="Please report this: the exporter is at fault, not the training",
        )


def refuse(path: Path, parity: Parity, limits: Limits) -> None:
    """Raise ModelError, naming `path`, when the parity is outside the limits."""
    failures = parity.failures(limits)
    if failures:
        raise ModelError(
            f"is not written: on {parity.cells} cells {', '.join(failures)}",
            path=path,
            hint="Use the float export"
            if limits is INT8
            else "Please report this: the exporter is at fault, not the training",
        )

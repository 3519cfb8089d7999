"""A model file, opened: (N, 3, H, W) pixels → the network's raw answers, with its card and its reference of features.

The file is ONNX, as `leukolens train`, `release` and `export` write it; ONNX Runtime runs it on the processor.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from leukolens.base.errors import ModelError
from leukolens.base.stream import cores
from leukolens.model import distance
from leukolens.model.card import GRAPH_DIGEST_FROM, METADATA_KEY, ModelCard, from_json
from leukolens.model.graph import Graph, read_graph

SHIPPED = Path(__file__).with_name("shipped") / "leukolens.onnx"
"""The model inside the package that sees cells whole; MODEL_CARD.md describes it."""
SHIPPED_INT8 = SHIPPED.with_name("leukolens-int8.onnx")
"""The int8 form of half, a quarter of its size; it has passed the gate of `leukolens export`."""
SHIPPED_HALF = SHIPPED.with_name("leukolens-half.onnx")
"""A network of its own, which sees cells at half of the side: half of the time on any processor."""
_ANOTHER = (
    "Give --model a model.onnx that LeukoLens wrote, or leave --model out to use the one that comes with LeukoLens"
)


@dataclass(frozen=True, kw_only=True)
class Scores:
    """A batch's raw answers."""

    logit: NDArray[np.float32]
    """(N,) log-odds of ALL."""
    evidence: NDArray[np.float32] | None
    """(N, 7, 7), of the half form (N, 4, 4): each position's part in it; the mean is the logit. None for a network
    whose head is not linear."""
    features: NDArray[np.float32] | None
    """(N, F) pooled features, likewise."""


class NetworkFile:
    """One model file, checked once and ready to answer.

    path: a .onnx file that LeukoLens wrote. threads: cores that share the images of one call, default all. Raises
    ModelError for a file that is absent, cut short, not ours, or whose card and network do not belong together.
    """

    path: Path
    card: ModelCard
    reference: distance.FeatureReference | None
    """Where the training cells' features lie; None for a model that does not check them."""
    graph: Graph
    """Its digest and its opset."""
    outputs: tuple[str, ...]
    """What the graph gives, in its order: logit, and evidence and features where it has them."""

    def __init__(self, path: Path | str = SHIPPED, *, threads: int = 0) -> None:
        self.path = Path(path)
        self.threads = threads or cores()
        data = _read(self.path)
        self._session, metadata = _opened(data, self.path)
        self.outputs = tuple(output.name for output in self._session.get_outputs())
        if METADATA_KEY not in metadata:
            raise ModelError("is an ONNX model, but not a LeukoLens model", path=self.path, hint=_ANOTHER)
        self.card = from_json(metadata[METADATA_KEY], path=self.path)
        text = metadata.get(distance.METADATA_KEY)
        self.reference = None if text is None else distance.from_json(text, path=self.path)
        self.graph = read_graph(data)  # ONNX Runtime has read these bytes: they are a message
        self._check()

    def _check(self) -> None:
        """Whether the graph is the one that the card describes, and one that can be asked for a cell's answer."""
        hint = "Export the model again"
        if self.graph.forbidden:
            held = ", ".join(self.graph.forbidden)
            raise ModelError(f"holds operations that no LeukoLens model has: {held}", path=self.path, hint=hint)
        if self.card.format >= GRAPH_DIGEST_FROM and self.graph.digest != self.card.graph_digest:
            raise ModelError("does not hold the network that its card describes", path=self.path, hint=hint)
        size = self.card.preprocess.size
        taken = [(one.name, one.type, one.shape[1:]) for one in self._session.get_inputs()]
        if taken != [("rgb", "tensor(float)", [3, size, size])]:
            told = f"takes {taken}, not rgb of (N, 3, {size}, {size}) float32"
            raise ModelError(told, path=self.path, hint=hint)
        given = {one.name: one.shape[1:] for one in self._session.get_outputs()}
        if given.get("logit") != []:
            raise ModelError("gives no logit of shape (N,)", path=self.path, hint=hint)
        if self.reference is not None and given.get("features") != [len(self.reference.mean)]:
            raise ModelError("gives features that do not fit its reference", path=self.path, hint=hint)

    def scores(self, rgb: NDArray[np.float32]) -> Scores:
        """rgb: (N, 3, 224, 224) float32, 0–255, RGB, already cropped and resized.

        Each image is a run of its own on one core: its answer is the same to the last bit whatever stands beside it.
        """
        if len(rgb) <= 1:
            runs = [self._run(rgb)]
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                runs = list(pool.map(self._run, (rgb[place : place + 1] for place in range(len(rgb)))))
        outputs = (np.concatenate(parts) for parts in zip(*runs, strict=True))
        found = dict(zip(self.outputs, outputs, strict=True))
        return Scores(logit=found["logit"], evidence=found.get("evidence"), features=found.get("features"))

    def _run(self, rgb: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        outputs: list[NDArray[np.float32]] = self._session.run(self.outputs, {"rgb": rgb})
        return outputs


def _read(path: Path) -> bytes:
    if os.path.isdir(path):  # not Path's: it raises for a place that may not be looked into
        raise ModelError("is a folder", path=path, hint="Give the model.onnx in it")
    if not os.path.isfile(path):
        raise ModelError("does not exist", path=path, hint=_ANOTHER)
    try:
        return path.read_bytes()
    except OSError as error:
        hint = "Check that you may read it"
        raise ModelError(f"cannot be read ({error.strerror})", path=path, hint=hint) from error


def _opened(data: bytes, path: Path) -> tuple[ort.InferenceSession, dict[str, str]]:
    """The session and the file's texts."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        return session, session.get_modelmeta().custom_metadata_map
    except Exception as error:  # onnxruntime raises classes of its own C++ module, with no common base
        raise ModelError("is cut short or not an ONNX model", path=path, hint="Copy or export it again") from error


def as_input(pixels: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> NDArray[np.float32]:
    """N × (H, W, 3) uint8 → (N, 3, H, W) float32, 0–255: the model's input."""
    return np.ascontiguousarray(np.asarray(pixels).transpose(0, 3, 1, 2), dtype=np.float32)

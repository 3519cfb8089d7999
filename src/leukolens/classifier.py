"""Classifier: an exported model and its card. images → preprocess → here → Prediction. numpy and onnxruntime only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from leukolens.card import METADATA_KEY, ModelCard, from_json
from leukolens.errors import ImageError, ModelError
from leukolens.images import read_rgb
from leukolens.preprocess import to_network

Verdict = Literal["ALL", "HEM"]


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What the model says of one image, or why it says nothing."""

    path: str
    """The file as it was given; 'array 3' for the fourth array."""
    verdict: Verdict | None
    """None when the image could not be judged."""
    p_all: float | None
    """Probability of ALL, 0–1."""
    model_id: str
    """Which model judged."""
    reason: str = ""
    """Why there is no verdict."""


@dataclass(frozen=True, kw_only=True)
class Scores:
    """A batch's raw answers."""

    logit: NDArray[np.float32]
    """(N,) log-odds of ALL."""
    evidence: NDArray[np.float32] | None
    """(N, 7, 7) each position's part in it; the mean is the logit. None for a network whose head is not linear."""
    features: NDArray[np.float32] | None
    """(N, 1024) pooled features, likewise."""


class Classifier:
    """Judges cells with one exported model.

    model: a .onnx file that LeukoLens wrote. threads: cores for one batch, default all. batch: images at once.
    Raises ModelError for a file that is absent, cut short or not ours.
    """

    def __init__(self, model: Path | str, *, threads: int = 0, batch: int = 32) -> None:
        self.path = Path(model)
        self.batch = batch
        if not self.path.is_file():
            raise ModelError("does not exist", path=self.path, cure="Give --model a model.onnx that LeukoLens wrote")
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])
            metadata = self._session.get_modelmeta().custom_metadata_map
        except Exception as error:  # onnxruntime raises classes of its own C++ module, with no common base
            raise ModelError("is cut short or no ONNX model", path=self.path, cure="Copy or export it again") from error
        self._outputs = [output.name for output in self._session.get_outputs()]
        if METADATA_KEY not in metadata:
            raise ModelError("is an ONNX model, but not one of LeukoLens", path=self.path)
        self.card: ModelCard = from_json(metadata[METADATA_KEY], path=self.path)

    def scores(self, rgb: NDArray[np.float32]) -> Scores:
        """rgb: (N, 3, 224, 224) float32, 0–255, RGB, already cropped and resized. One run of the model."""
        found = dict(zip(self._outputs, self._session.run(self._outputs, {"rgb": rgb}), strict=True))
        return Scores(logit=found["logit"], evidence=found.get("evidence"), features=found.get("features"))

    def probabilities(self, pixels: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> NDArray[np.float64]:
        """pixels: N × (224, 224, 3) uint8 as `preprocess.to_network` gives them. Returns (N,) probability of ALL."""
        if not len(pixels):
            return np.empty(0)
        return to_probability(self.scores(as_input(pixels)).logit)

    def verdict(self, p_all: float) -> Verdict:
        """ALL from the card's threshold upwards."""
        return "ALL" if p_all >= self.card.threshold else "HEM"

    def __call__(self, images: Iterable[Path | str | NDArray[np.uint8]]) -> Iterator[Prediction]:
        """Judge files or (H, W, 3) uint8 RGB arrays, in order; a bad one gets a Prediction with its reason."""
        waiting: list[tuple[str, NDArray[np.uint8] | ImageError]] = []
        for number, image in enumerate(images):
            name = f"array {number}" if isinstance(image, np.ndarray) else str(image)
            waiting.append((name, self._prepare(image, name)))
            if len(waiting) == self.batch:
                yield from self._judge(waiting)
                waiting = []
        yield from self._judge(waiting)

    def _prepare(self, image: Path | str | NDArray[np.uint8], name: str) -> NDArray[np.uint8] | ImageError:
        try:
            rgb = image if isinstance(image, np.ndarray) else read_rgb(Path(image))
            if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
                raise ImageError(f"is {rgb.dtype} {rgb.shape}; expected uint8 (H, W, 3) RGB", path=name)
            return to_network(rgb, self.card.preprocess, name=name)
        except ImageError as error:
            return error

    def _judge(self, waiting: Sequence[tuple[str, NDArray[np.uint8] | ImageError]]) -> Iterator[Prediction]:
        p_all = iter(self.probabilities([pixels for _, pixels in waiting if isinstance(pixels, np.ndarray)]))
        for name, pixels in waiting:
            if isinstance(pixels, ImageError):
                reason = pixels.reason if pixels.cure is None else f"{pixels.reason}. {pixels.cure}"
                yield Prediction(path=name, verdict=None, p_all=None, model_id=self.card.model_id, reason=reason)
            else:
                p = float(next(p_all))
                yield Prediction(path=name, verdict=self.verdict(p), p_all=p, model_id=self.card.model_id)


def as_input(pixels: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> NDArray[np.float32]:
    """N × (H, W, 3) uint8 → (N, 3, H, W) float32, 0–255: the model's input."""
    return np.ascontiguousarray(np.asarray(pixels).transpose(0, 3, 1, 2), dtype=np.float32)


def to_probability(logit: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log-odds to probability, without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * logit.astype(np.float64)))

"""The two kinds of file: how each is made from an ONNX graph, and how what was written is asked for its answers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from leukolens.base.errors import MissingExtra
from leukolens.base.progress import track
from leukolens.model.network_file import Scores
from leukolens.predict.classifier import Classifier
from leukolens.research.export.gate import Answers
from leukolens.research.export.source import Source, judged, onnx_answers


@dataclass(frozen=True, kw_only=True)
class Onnx:
    """For ONNX Runtime: servers, desktops, phones. The Classifier judges with it."""

    def made(self, model: onnx.ModelProto, path: Path) -> bytes:
        """The file; `path` is where it will stand."""
        data: bytes = model.SerializeToString()
        return data

    def answers(self, path: Path, source: Source) -> Answers:
        """To the gate's cells, through the Classifier."""
        return onnx_answers(Classifier(path), source, "onnx")


@dataclass(frozen=True, kw_only=True)
class LiteRT:
    """For LiteRT: Android and small boards. Raises MissingExtra where its library is not installed."""

    def __post_init__(self) -> None:
        try:
            import leukolens.research.export.litert  # noqa: F401
        except ModuleNotFoundError as error:
            raise MissingExtra(error.name or "ai-edge-litert", "export") from error

    def made(self, model: onnx.ModelProto, path: Path) -> bytes:
        """The file; `path` is where it will stand, and what an error names."""
        from leukolens.research.export.litert import to_tflite

        (rgb,) = model.graph.input
        return to_tflite(model, size=rgb.type.tensor_type.shape.dim[-1].dim_value, path=path)

    def answers(self, path: Path, source: Source) -> Answers:
        """To the gate's cells, through LiteRT's own interpreter on one core."""
        return judged(source.classifier, litert_scores(path, source.gate))


def litert_scores(path: Path, pixels: NDArray[np.uint8]) -> list[Scores]:
    """Each cell's raw answers. pixels: (N, size, size, 3) RGB, 0–255."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_path=str(path), num_threads=1).get_signature_runner()
    found = []
    with track("litert", len(pixels), unit="cells") as advance:
        for cell in pixels:
            outputs = runner(rgb=cell[None].astype(np.float32))
            found.append(
                Scores(logit=outputs["logit"], evidence=outputs.get("evidence"), features=outputs.get("features"))
            )
            advance(1)
    return found

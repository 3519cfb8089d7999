"""A .tflite file in LiteRT's own interpreter, for tests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ai_edge_litert import interpreter
from numpy.typing import NDArray


def run_all(path: Path, pixels: Sequence[NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
    """Every output for all cells, by its name."""
    runner = interpreter.Interpreter(model_path=str(path)).get_signature_runner()
    answers = [runner(rgb=cell[None].astype(np.float32)) for cell in pixels]
    return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}

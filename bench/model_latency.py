"""Milliseconds of one run of an exported model on one cell, alone in its process: a part of inference.py.

python bench/model_latency.py MODEL CELL THREADS RUNS

.onnx runs in ONNX Runtime; .tflite, told from its content, in LiteRT. Median, after a tenth as many runs to warm up.
"""

import importlib.metadata
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukolens.images.decode import read_rgb
from leukolens.model.network_file import NetworkFile, as_input
from leukolens.model.preprocess import Preprocess, to_network


def main(model: Path, cell: Path, threads: int, runs: int) -> None:
    litert = model.read_bytes()[4:8] == b"TFL3"
    preprocess = Preprocess() if litert else NetworkFile(model, threads=1).card.preprocess
    rgb = as_input([to_network(read_rgb(cell), preprocess, name=cell)])
    run = in_litert(model, rgb, threads) if litert else in_onnxruntime(model, rgb, threads)
    spent = [seconds(run) for _ in range(runs // 10 + runs)][runs // 10 :]
    library = "ai-edge-litert" if litert else "onnxruntime"
    what = f"{library} {importlib.metadata.version(library)}"
    print(json.dumps({"milliseconds": statistics.median(spent) * 1e3, "what": what}))


def seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def in_onnxruntime(model: Path, rgb: NDArray[np.float32], threads: int) -> Callable[[], object]:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(model.read_bytes(), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"rgb": rgb})


def in_litert(model: Path, rgb: NDArray[np.float32], threads: int) -> Callable[[], object]:
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_path=str(model), num_threads=threads).get_signature_runner()
    channels_last = np.ascontiguousarray(rgb.transpose(0, 2, 3, 1))
    return lambda: runner(rgb=channels_last)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))

"""What a network costs: cost.json with parameters, multiplications, the file's size and the time of one image.

The time is that of the processor, not of the clock: other work on the machine does not lengthen it. One core, one image
at a time, without crop and resize, as the paper measured.
"""

import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

from leukolens.base import atomic, provenance
from leukolens.research.networks.onnx_file import bare_onnx
from leukolens.research.networks.registry import build
from leukolens.research.settings import TrainSettings

COST = "cost.json"
_TIMED = 20
"""Images, after two to warm up; their median counts."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one network."""

    parameters: int
    giga_macs: float
    """Multiplications and additions of one image, 10⁹."""
    megabytes: float
    """Of model.onnx, 10⁶ bytes."""
    milliseconds: float
    """Processor time of one image on one core."""
    machine: str


def write_cost(settings: TrainSettings, folder: Path) -> None:
    """Of the run's model.onnx, or of one with other weights where it was not kept: they cost the same."""
    network = build(settings).eval()
    image = torch.rand(1, 3, settings.preprocess.size, settings.preprocess.size) * 255
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(image)
    model = folder / "model.onnx"
    with tempfile.TemporaryDirectory() as beside:
        if not model.is_file():
            model = Path(beside) / "model.onnx"
            atomic.write_bytes(model, bare_onnx(network, sample=image))
        cost = Cost(
            parameters=sum(parameter.numel() for parameter in network.parameters()),
            giga_macs=round(counter.get_total_flops() / 2e9, 3),
            megabytes=round(model.stat().st_size / 1e6, 2),
            milliseconds=round(_milliseconds(model, image.numpy()), 2),
            machine=provenance.machine(),
        )
    atomic.write_json(folder / COST, asdict(cost))


def _milliseconds(model: Path, image: NDArray[np.float32]) -> float:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    taken = []
    for _ in range(2 + _TIMED):
        started = time.process_time()
        session.run(["logit"], {"rgb": image})
        taken.append(time.process_time() - started)
    return 1e3 * float(np.median(taken[2:]))


def read_cost(path: Path) -> Cost | None:
    """None where the file does not exist."""
    return Cost(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None

"""torch's side of inference.py: Pillow and MobileNet_M in eager batches. Argument: a text file, a path a line.

The weights are random: they do not change the time.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from leukolens.model.network_file import as_input
from leukolens.model.preprocess import Preprocess
from leukolens.research.networks.mobilenet import MobileNetM

BATCH = 32
CUT = Preprocess()


def pixels(path: str) -> np.ndarray:
    """(224, 224, 3), cut and resized as LeukoLens does it."""
    with Image.open(path) as image:
        left, top = (image.width - CUT.crop) // 2, (image.height - CUT.crop) // 2
        box = (left, top, left + CUT.crop, top + CUT.crop)
        return np.asarray(image.convert("RGB").resize((CUT.size, CUT.size), Image.Resampling.BILINEAR, box=box))


@torch.inference_mode()
def main(listing: str) -> None:
    paths = Path(listing).read_text(encoding="utf-8").splitlines()
    network = MobileNetM(dropout=0.2, input_range="0..1", bn_momentum=0.01, seed=0).eval()
    network = network.to(memory_format=torch.channels_last)

    def judge(batch: Sequence[str]) -> None:
        rgb = torch.from_numpy(as_input([pixels(path) for path in batch]))
        network(rgb.contiguous(memory_format=torch.channels_last)).softmax(dim=1).numpy()

    judge(paths[:BATCH])
    started = time.perf_counter()
    for start in range(0, len(paths), BATCH):
        judge(paths[start : start + BATCH])
    rate = len(paths) / (time.perf_counter() - started)
    what = f"torch {torch.__version__}, float32, {torch.get_num_threads()} threads, {len(paths)} files"
    print(json.dumps({"files_per_second": rate, "what": what}))


if __name__ == "__main__":
    main(sys.argv[1])

"""Judge cells on a small board with one .tflite file that `leukolens export` wrote. Not part of the package.

    pip install numpy pillow ai-edge-litert
    python judge.py model-int8.tflite cell.png …

Prints path, p(ALL) and verdict. Crop, threshold, temperature and band come from the card inside the model file. What
`leukolens predict` refuses with a reason (greyscale, 16 bit, transparent, too small) is refused here in one word.
Research use: a trained reader confirms each cell.
"""

import json
import math
import sys
import zipfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageOps


def main(model: str, images: list[str]) -> int:
    """0: all judged; 3: some refused."""
    with zipfile.ZipFile(model) as archive:  # the archive stands behind the network, in the same file
        card = json.loads(archive.read("leukolens.card"))
    runner = Interpreter(model_path=model, num_threads=2).get_signature_runner()
    refused = 0
    for path in images:
        try:
            rgb = pixels(path, card["preprocess"])
        except (OSError, ValueError) as error:
            print(f"{path}\t\trefused\t{error}")
            refused += 1
            continue
        logit = float(runner(rgb=rgb[None].astype(np.float32))["logit"][0])
        p_all = 0.5 * (1 + math.tanh(0.5 * logit / card["temperature"]))
        print(f"{path}\t{p_all:.4f}\t{verdict(p_all, card)}\t{card['model_id']}")
    return 3 if refused else 0


def pixels(path: str, preprocess: dict[str, int]) -> np.ndarray:
    """(size, size, 3) RGB, 0–255: the centred crop, resized as at training."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened)
    if image.mode not in ("RGB", "P"):
        raise ValueError(f"{image.mode} is not 8-bit RGB")
    crop, size = preprocess["crop"], preprocess["size"]
    if min(image.size) < crop:
        raise ValueError(f"{image.width}×{image.height} px is smaller than the crop of {crop} px")
    left, top = (image.width - crop) // 2, (image.height - crop) // 2
    box = (left, top, left + crop, top + crop)
    return np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR, box=box))


def verdict(p_all: float, card: dict) -> str:
    """'uncertain' inside the band, both ends included; else by the threshold."""
    band = card["band"]
    if band is not None and band[0] <= p_all <= band[1]:
        return "uncertain"
    return "ALL" if p_all >= card["threshold"] else "HEM"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

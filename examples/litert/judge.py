"""Judge cells on a small board with one .tflite file that `leukolens export` wrote. Not part of the package.

    pip install numpy pillow ai-edge-litert
    python judge.py model-int8.tflite cell.png …

Prints path, p(ALL), verdict and model. Crop, threshold, temperature and band come from the card inside the model file,
and so does what a cell must be like to be judged. What `leukolens predict` refuses with a reason and a hint (greyscale,
16 bit, transparent, too small, unlike the known cells) is refused here in a few words. One check is not done here: the
limits on the whole image that a model from `leukolens release` has. Research use: a trained reader confirms each cell.
"""

import base64
import io
import json
import math
import sys
import zipfile
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageOps

FORMAT = 4  # of the card, the newest that is known here


def main(model: str, images: list[str]) -> int:
    """0: all judged; 3: some refused."""
    with zipfile.ZipFile(model) as archive:  # the archive stands behind the network, in the same file
        texts = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    card, known = texts["leukolens.card"], texts.get("leukolens.reference")
    if card["format"] > FORMAT:
        sys.exit(f"{model} was made by a newer LeukoLens than this example")
    if card.get("quality") is not None:
        print("not checked here: background, stain, place, size and focus (docs/results/refusal.md)", file=sys.stderr)
    runner = Interpreter(model_path=model, num_threads=2).get_signature_runner()
    refused = 0
    for path in images:
        try:
            rgb = pixels(path, card["preprocess"])
            found = runner(rgb=rgb[None].astype(np.float32))
            if known is not None and not distance(found["features"][0], known) <= known["limit"]:
                raise ValueError("unlike the cells that the model knows")
        except (OSError, ValueError) as error:
            print(f"{path}\t\trefused\t{error}")
            refused += 1
            continue
        p_all = 0.5 * (1 + math.tanh(0.5 * float(found["logit"][0]) / card.get("temperature", 1.0)))
        print(f"{path}\t{p_all:.4f}\t{verdict(p_all, card)}\t{card['model_id']}")
    return 3 if refused else 0


def pixels(path: str, preprocess: dict[str, int]) -> np.ndarray:
    """(size, size, 3) RGB, 0–255: the centred crop, resized as at training."""
    data = Path(path).read_bytes()
    with Image.open(io.BytesIO(data)) as opened:
        # Pillow shows 16 bits as 8 without a word; the file says what it holds
        depth = data[24] if opened.format == "PNG" else max(getattr(opened, "tag_v2", {}).get(258, (8,)))
        image = ImageOps.exif_transpose(opened)
    if image.mode not in ("RGB", "P") or "transparency" in image.info or depth > 8:
        raise ValueError(f"{image.mode}, {depth} bit, is not RGB of 8 bits without transparency")
    crop, size = preprocess["crop"], preprocess["size"]
    if min(image.size) < crop:
        raise ValueError(f"{image.width}×{image.height} px is smaller than the crop of {crop} px")
    left, top = (image.width - crop) // 2, (image.height - crop) // 2
    box = (left, top, left + crop, top + crop)
    return np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR, box=box))


def distance(features: np.ndarray, known: dict) -> float:
    """Of (F,) features from the training cells', as leukolens.model.distance has it."""
    mean, directions, deviations = (
        np.frombuffer(base64.b64decode(known[name]), "<f4").astype(np.float64)
        for name in ("mean", "directions", "deviations")
    )
    away = features - mean
    along = directions.reshape(len(deviations), len(mean)) @ away
    rest = max(float(away @ away - along @ along), 0.0)
    return math.sqrt((float(((along / deviations) ** 2).sum()) + rest / known["residual"] ** 2) / len(mean))


def verdict(p_all: float, card: dict) -> str:
    """'uncertain' inside the band, both ends included; else by the threshold."""
    band = card.get("band")
    if band is not None and band[0] <= p_all <= band[1]:
        return "uncertain"
    return "ALL" if p_all >= card["threshold"] else "HEM"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

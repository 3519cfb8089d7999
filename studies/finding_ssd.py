"""A published detector trained on the same pictures as the finder: torchvision's SSDlite320 on MobileNetV3.

    python studies/finding_ssd.py OUT.pt STEPS bccd txl_pbc --data ../shared/data

SSD is Liu et al. 2016, SSDlite Sandler et al. 2018; code BSD-3. From random weights, as the finder: no ImageNet weights
of it install from a registry. Nothing of this ships.
"""

import argparse
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from finding_boxes import Finds
from finding_sources import BOXED, Box, rgb_of
from numpy.typing import NDArray
from torch import Tensor
from torchvision.models.detection import ssdlite320_mobilenet_v3_large
from torchvision.models.detection.ssd import SSD

SIDE = 320
BATCH = 8
RATE = 2e-3
WARM_UP = 50
SURE = 0.5
"""Score from which a box is a detection."""
LABELS = ("WBC", "RBC", "Platelets")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("steps", type=int)
    parser.add_argument("sources", nargs="+", choices=["bccd", "txl_pbc"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pictures = [read(*one) for source in options.sources for one in BOXED[source](options.data / "fields")]
    torch.save(train(pictures, steps=options.steps, seed=options.seed).state_dict(), options.out)


def read(path: Path, boxes: list[tuple[str, Box]]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """(SIDE, SIDE, 3), and (N, 5) boxes in its px: left, top, right, bottom and label, from 1."""
    rgb = rgb_of(path)
    height, width = rgb.shape[:2]
    x, y = SIDE / width, SIDE / height
    rows = [(x * x0, y * y0, x * x1, y * y1, 1 + LABELS.index(kind)) for kind, (x0, y0, x1, y1) in boxes]
    kept = [row for row in rows if row[2] - row[0] > 1 and row[3] - row[1] > 1]
    small = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.array(kept, np.float32).reshape(-1, 5)


def train(pictures: list[tuple[NDArray[np.uint8], NDArray[np.float32]]], *, steps: int, seed: int) -> SSD:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = blank().train()
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
    began = time.time()
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, step / WARM_UP) * 0.5 * (1 + math.cos(math.pi * (step - 1) / steps))
        drawn = (pictures[int(number)] for number in random.integers(len(pictures), size=BATCH))
        taken = [varied(rgb, boxes, random) for rgb, boxes in drawn]
        targets = [{"boxes": boxes[:, :4], "labels": boxes[:, 4].long()} for _, boxes in taken]
        loss: Tensor = sum(network([image for image, _ in taken], targets).values())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimizer.step()
        if step % 25 == 0:
            print(step, f"{float(loss.detach()):.3f} {time.time() - began:.0f} s", flush=True)
    return network


def blank() -> SSD:
    return ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=1 + len(LABELS))


def varied(rgb: NDArray[np.uint8], boxes: NDArray[np.float32], random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """(3, SIDE, SIDE) 0–1 and (N, 5): mirrored, turned by a quarter, and in other colours."""
    rows = boxes.copy()
    if random.random() < 0.5:
        rgb = rgb[:, ::-1]
        rows[:, [0, 2]] = SIDE - rows[:, [2, 0]]
    if random.random() < 0.5:
        rgb = rgb[::-1]
        rows[:, [1, 3]] = SIDE - rows[:, [3, 1]]
    if random.random() < 0.5:
        rgb = rgb.transpose(1, 0, 2)
        rows[:, :4] = rows[:, [1, 0, 3, 2]]
    image = np.clip(rgb / 255 * np.exp(random.normal(0, 0.15, 3)) + random.normal(0, 0.05, 3), 0, 1)
    return torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32)), torch.from_numpy(rows)


def finds(path: Path) -> Finds:
    """The detector with these weights."""
    network = blank().eval()
    network.load_state_dict(torch.load(path, weights_only=True))

    def found(rgb: NDArray[np.uint8]) -> list[Box]:
        height, width = rgb.shape[:2]
        small = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        with torch.inference_mode():
            (said,) = network([torch.from_numpy(small.transpose(2, 0, 1).astype(np.float32) / 255)])
        x, y = width / SIDE, height / SIDE
        return [
            (x * float(box[0]), y * float(box[1]), x * float(box[2]), y * float(box[3]))
            for box, label, score in zip(said["boxes"], said["labels"], said["scores"], strict=True)
            if int(label) == 1 and float(score) >= SURE
        ]

    return found


if __name__ == "__main__":
    main()

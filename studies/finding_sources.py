"""Published fields of other laboratories, as the studies of finding read them: pictures with boxes, masks or classes.

DATA is `../shared/data`; its README says what may be used how.
"""

import csv
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukolens.cells.stain import find_light

Box = tuple[float, float, float, float]
"""px of the picture: left, top, right, bottom."""
Labelled = tuple[Path, list[tuple[str, Box]]]
"""A picture and its boxes, each 'WBC', 'RBC' or 'Platelets'."""
PBC_UM_PER_PX = 0.0905
"""Median over the pictures of pbc's lymphocytes, from their red cells (`train_gate.py --scale`)."""
WBC_UM_PER_PX = 12.0 / 80
"""wbc_masks: a white cell is about 80 px across; no picture of this source shows whole red cells."""


def voc_bccd(fields: Path) -> Iterator[Labelled]:
    return voc(fields / "bccd" / "Annotations", fields / "bccd" / "JPEGImages")


def voc_deepbionet(fields: Path) -> Iterator[Labelled]:
    return voc(fields / "deepbionet" / "xml", fields / "deepbionet" / "images")


def voc(labels: Path, images: Path) -> Iterator[Labelled]:
    """Pascal VOC."""
    for path in sorted(labels.glob("*.xml")):
        picture = images / f"{path.stem}.jpg"
        if picture.exists():
            objects = ET.parse(path).getroot().iter("object")
            yield picture, [(one.findtext("name", "").strip(), corners(one)) for one in objects]


def corners(one: ET.Element) -> Box:
    x0, y0, x1, y1 = (float(one.findtext(f"bndbox/{name}", "0")) for name in ("xmin", "ymin", "xmax", "ymax"))
    return x0, y0, x1, y1


def yolo_txl_pbc(fields: Path) -> Iterator[Labelled]:
    for path in sorted((fields / "txl_pbc" / "train" / "images").iterdir()):
        width, height = Image.open(path).size
        lines = (path.parents[1] / "labels" / f"{path.stem}.txt").read_text().splitlines()
        boxes = []
        for kind, x, y, w, h in (map(float, line.split()[:5]) for line in lines if line.strip()):
            box = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
            boxes.append((("WBC", "RBC", "Platelets")[int(kind)], box))
        yield path, boxes


_SEGPC = 10
"""0–255: cytoplasm has level 20 there, the nucleus 40, and JPEG's noise lies around them."""
BOXED = {"bccd": voc_bccd, "txl_pbc": yolo_txl_pbc, "deepbionet": voc_deepbionet}


def segpc(fields: Path) -> Iterator[tuple[Path, list[NDArray[np.bool_]]]]:
    """A picture and the mask of each plasma cell in it, (H, W). The masks come at half its size."""
    numbers = defaultdict(list)
    with (fields / "segpc" / "boxes.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            numbers[row["field"]].append(row["instance"])
    folder = fields / "segpc" / "train"
    for path in sorted((folder / "images").glob("*.jpg")):
        names = [folder / "instances" / f"{path.stem}_{number}.jpg" for number in numbers[path.stem]]
        with Image.open(path) as picture:
            size = picture.size
        yield path, [np.array(Image.open(name).convert("L").resize(size)) > _SEGPC for name in names]


def wbc_masks(fields: Path) -> Iterator[tuple[Path, str, NDArray[np.uint8]]]:
    """A picture of one white cell, its class, and (H, W) 255 nucleus, 128 cytoplasm, 0 else."""
    folder = fields / "wbc_masks"
    with (folder / "classes.csv").open(newline="") as file:
        kinds = {int(row["image ID"]): row["class label"] for row in csv.DictReader(file)}
    for path in sorted(folder.glob("*.image.png")):
        mask = Image.open(path.with_name(path.name.replace("image", "mask"))).convert("L")
        yield path, kinds[int(path.name[:3])], np.array(mask)


def camera_of(rgb: NDArray[np.uint8]) -> str:
    """Which of ALL-IDB2's two cameras took the picture, by the colour of its light."""
    red, _, blue = find_light(rgb).colour
    return "camera with a neutral light" if blue > 0.95 * red else "camera with a warm light"


def rgb_of(path: Path) -> NDArray[np.uint8]:
    return np.array(Image.open(path).convert("RGB"))


def red_cell(boxes: list[tuple[str, Box]], shape: tuple[int, ...]) -> float | None:
    """px: the median over whole red cells' boxes; None for fewer than three."""
    height, width = shape[:2]
    sides = [
        float(np.sqrt((x1 - x0) * (y1 - y0)))
        for kind, (x0, y0, x1, y1) in boxes
        if kind == "RBC" and min(x0, y0, width - x1, height - y1) > 3 and 0.75 < (x1 - x0) / (y1 - y0 + 1e-6) < 1.33
    ]
    return float(np.median(sides)) if len(sides) >= 3 else None

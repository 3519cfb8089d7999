"""How well white cells are found, by source: the table of docs/results/finding.md.

    python studies/finding.py --data ../shared/data [--model finder.onnx] [--every 4]

Beside the finder stands the plain way: Otsu's threshold on green optical density, and a watershed over the distance
transform. A detection counts where IoU with a published box is at least .5, each box once; platelets and what is
likely not a white cell (confidence below .5) are not detections. The finder that ships was trained on bccd and
txl_pbc, so only the other rows are of sources it never saw; give --model one that was trained without them to fill
those (`studies/train_finder.py OUT MINUTES SOURCE`).
"""

import argparse
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from leukolens.cells.field import read_field
from leukolens.cells.find import SURE_HEAT
from leukolens.cells.network import SHIPPED
from leukolens.cells.scale import RED_CELL
from leukolens.cells.stain import find_light, optical_density

Box = tuple[float, float, float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--every", type=int, default=1, help="every nth field")
    options = parser.parse_args()
    fields = options.data / "fields"
    print("| source | fields | finder recall | precision | Otsu recall | precision | scale within 8 % | without |")
    print("|---|---|---|---|---|---|---|---|")
    for source, read in {"bccd": voc_bccd, "txl_pbc": yolo, "deepbionet": voc_deepbionet}.items():
        print(row(source, list(read(fields))[:: options.every], options.model), flush=True)
    chula = sorted((fields / "chula" / "dataset").glob("*.jpg"))[:: options.every]
    lymphoid = [sum(cell.kind == "lymphoid" for cell in read_field(rgb_of(path)).cells) for path in chula]
    print(f"\nchula: {sum(count > 0 for count in lymphoid)} of {len(chula)} fields with a cell to judge")
    taleqani = [read_field(rgb_of(path)) for path in sorted((fields / "taleqani").glob("*/*"))[:: options.every]]
    stopped = sum(not field.judged for field in taleqani)
    coarse = sum(any(reason.kind in ("too coarse", "no scale") for reason in field.reasons) for field in taleqani)
    found = sum(len(field.cells) for field in taleqani)
    print(f"taleqani: {found} cells found, {stopped} of {len(taleqani)} fields not judged, {coarse} for their scale")


def row(source: str, pictures: list[tuple[Path, list[tuple[str, Box]]]], model: Path) -> str:
    """One line of the table."""
    counts = {"finder": np.zeros(3, int), "otsu": np.zeros(3, int)}
    ratios, without = [], 0
    for path, boxes in pictures:
        rgb = rgb_of(path)
        white = [box for kind, box in boxes if kind == "WBC"]
        field = read_field(rgb, model=model)
        found = [cell.box for cell in field.cells if cell.kind != "platelets" and cell.confidence >= SURE_HEAT]
        counts["finder"] += matched(found, white)
        counts["otsu"] += matched(plain(rgb), white)
        measured = red_cell(boxes, rgb.shape)
        without += field.scale is None
        if measured is not None and field.scale is not None:
            ratios.append(RED_CELL / field.scale.um_per_px / measured)
    within = float((np.abs(np.array(ratios) - 1) < 0.08).mean())
    cells = [f"{value:.3f}" for way in counts.values() for value in recall_precision(way)]
    return f"| {source} | {len(pictures)} | {' | '.join(cells)} | {within:.2f} | {without} |"


def matched(found: list[Box], published: list[Box]) -> np.ndarray:
    """(3,) hits, false ones, missed ones."""
    left = list(published)
    hits = 0
    for box in found:
        best = max(left, key=lambda other: overlap(box, other), default=None)
        if best is not None and overlap(box, best) >= 0.5:
            left.remove(best)
            hits += 1
    return np.array([hits, len(found) - hits, len(left)])


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, across) * max(0.0, down)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / max(areas - shared, 1e-9)


def recall_precision(counts: np.ndarray) -> tuple[float, float]:
    hits, false, missed = counts
    return hits / max(hits + missed, 1), hits / max(hits + false, 1)


def plain(rgb: np.ndarray) -> list[Box]:
    """Otsu on green density, watershed over the distance transform; parts of more than 0.3 % of the picture."""
    density = optical_density(rgb, find_light(rgb))[..., 1]
    grey = (255 * np.clip(density / 2, 0, 1)).astype(np.uint8)
    _, mask = cv2.threshold(cv2.GaussianBlur(grey, (0, 0), 2), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    _, seeds = cv2.connectedComponents((depth > 0.5 * depth.max()).astype(np.uint8))
    seeds = np.where(mask == 0, seeds.max() + 1, seeds).astype(np.int32)
    parts = cv2.watershed(np.repeat(grey[..., None], 3, 2), seeds)
    boxes: list[Box] = []
    for label in range(1, int(parts.max())):
        part = (parts == label).astype(np.uint8)
        if part.sum() > 0.003 * part.size:
            x, y, width, height = cv2.boundingRect(part)
            boxes.append((x, y, x + width, y + height))
    return boxes


def red_cell(boxes: list[tuple[str, Box]], shape: tuple[int, ...]) -> float | None:
    """px: the median over whole red cells' boxes; None for fewer than three."""
    height, width = shape[:2]
    sides = [
        float(np.sqrt((x1 - x0) * (y1 - y0)))
        for kind, (x0, y0, x1, y1) in boxes
        if kind == "RBC" and min(x0, y0, width - x1, height - y1) > 3 and 0.75 < (x1 - x0) / (y1 - y0 + 1e-6) < 1.33
    ]
    return float(np.median(sides)) if len(sides) >= 3 else None


def voc_bccd(fields: Path) -> Iterator[tuple[Path, list[tuple[str, Box]]]]:
    return voc(fields / "bccd" / "Annotations", fields / "bccd" / "JPEGImages")


def voc_deepbionet(fields: Path) -> Iterator[tuple[Path, list[tuple[str, Box]]]]:
    return voc(fields / "deepbionet" / "xml", fields / "deepbionet" / "images")


def voc(labels: Path, images: Path) -> Iterator[tuple[Path, list[tuple[str, Box]]]]:
    """Pascal VOC."""
    for path in sorted(labels.glob("*.xml")):
        picture = images / f"{path.stem}.jpg"
        if picture.exists():
            objects = ET.parse(path).getroot().iter("object")
            yield picture, [(one.findtext("name", "").strip(), corners(one)) for one in objects]


def corners(one: ET.Element) -> Box:
    x0, y0, x1, y1 = (float(one.findtext(f"bndbox/{name}", "0")) for name in ("xmin", "ymin", "xmax", "ymax"))
    return x0, y0, x1, y1


def yolo(fields: Path) -> Iterator[tuple[Path, list[tuple[str, Box]]]]:
    for path in sorted((fields / "txl_pbc" / "train" / "images").iterdir()):
        width, height = Image.open(path).size
        lines = (path.parents[1] / "labels" / f"{path.stem}.txt").read_text().splitlines()
        boxes = []
        for kind, x, y, w, h in (map(float, line.split()[:5]) for line in lines if line.strip()):
            box = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
            boxes.append((("WBC", "RBC", "Platelets")[int(kind)], box))
        yield path, boxes


def rgb_of(path: Path) -> np.ndarray:
    return np.array(Image.open(path).convert("RGB"))


if __name__ == "__main__":
    main()

"""A stranger's folder: generated cells under names of their own, with the patients in a table."""

import csv
import random
from pathlib import Path

import numpy as np
from PIL import Image

from leukolens.research.data.phantoms import draw_cell

CELLS = 129
PATIENTS = {"all": ("Anna", "Ben", "Carla", "Dora", "Emil"), "hem": ("Fritz", "Gül", "Hugo", "Ida", "Jo")}


def write_own(folder: Path, *, label_column: bool = False) -> Path:
    """folder/cells with 129 images and folder/patients.csv, which is returned.

    label_column: the table tells the labels too, and all images lie in one folder; else in all/ and hem/.
    """
    draw, dice = np.random.default_rng(3), random.Random(3)
    people = [(label, name) for label, names in PATIENTS.items() for name in names]
    styles = {name: (draw.normal(1, 0.05), draw.normal(0, 2, 3)) for _, name in people}
    rows = []
    for number in range(CELLS):
        label, patient = people[number] if number < len(people) else dice.choice(people)
        place = Path("cells") / ("." if label_column else label) / f"scan {number:03d}.png"
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        size, stain = styles[patient]
        Image.fromarray(draw_cell(label, draw, size=size, stain=stain)).save(path, compress_level=1)  # type: ignore[arg-type]
        row = {"path": place.as_posix(), "patient": patient}
        rows.append(row | {"label": label.upper()} if label_column else row)
    table = folder / "patients.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return table

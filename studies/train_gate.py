"""Train the gate on kinds (`leukolens.cells.kind`): lymphoid or another white cell.

    python studies/train_gate.py --data ../shared/data --cnmc UNPACKED --out src/leukolens/cells/shipped/gate.npz

Trained on pbc_kinds (CC BY 4.0: 80 cells each of seven kinds) and every 25th cell of C-NMC's folds; checked on
pbc_subset (same laboratory, other cells) and wbc_masks (another one; GPL-3, so nothing is trained on it).
`--scale` instead prints how large pbc's lymphocytes are, from which C-NMC's µm per px is taken.
"""

import argparse
import csv
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.neural_network import MLPClassifier

from leukolens.base import atomic
from leukolens.cells.colour import WHITE
from leukolens.cells.cut_out import CNMC_UM_PER_PX
from leukolens.cells.field import read_field
from leukolens.cells.find import FoundCell, View, cells_in, view_of
from leukolens.cells.kind import FEATURES, Gate, features
from leukolens.cells.stain import find_light

PBC_UM_PER_PX = 0.0905
"""Median over the lymphocytes' pictures, from their red cells (`--scale`)."""
LYMPHOID = frozenset({"lymphocyte", "2", "all", "hem"})
HIDDEN = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cnmc", type=Path, required=True, help="folder of fold_0 and fold_1 as BMP")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.scale:
        print_scale(options.data)
        return
    pbc = list(pbc_cells(options.data / "pbc_kinds", zooms=(0.93, 1.0, 1.07)))
    cnmc = list(cnmc_cells(options.cnmc, every=25, zooms=(0.93, 1.0, 1.07)))
    gate = train(pbc, cnmc, seed=options.seed)
    for name, cells in {
        "pbc_kinds (trained on)": pbc,
        "pbc_subset": list(pbc_cells(options.data / "pbc_subset")),
        "wbc_masks": list(wbc_cells(options.data / "fields" / "wbc_masks")),
        "C-NMC (other cells)": list(cnmc_cells(options.cnmc, every=25, start=12)),
    }.items():
        print_held_back(name, cells, gate)
    with atomic.place(options.out) as temporary, temporary.open("wb") as file:
        np.savez(file, **{name: getattr(gate, name) for name in Gate.__dataclass_fields__})


Known = tuple[str, np.ndarray]
"""A cell's kind as its source names it, and its (16,) features."""


def pbc_cells(folder: Path, zooms: tuple[float, ...] = (1.0,)) -> Iterator[Known]:
    for path in sorted(folder.glob("*/*.jpg")):
        if path.parent.name != "platelet":
            yield from known(path.parent.name, rgb_of(path), PBC_UM_PER_PX, zooms)


def wbc_cells(folder: Path) -> Iterator[Known]:
    with (folder / "classes.csv").open(newline="") as file:
        kinds = {int(row["image ID"]): row["class label"] for row in csv.DictReader(file)}
    for path in sorted(folder.glob("*.image.png"))[::2]:
        rgb = rgb_of(path)
        scale = 12.0 / 80  # a white cell is about 80 px across; no picture of this source shows whole red cells
        yield from known(kinds[int(path.name[:3])], rgb, scale, (1.0,))


def cnmc_cells(folder: Path, *, every: int, start: int = 0, zooms: tuple[float, ...] = (1.0,)) -> Iterator[Known]:
    for path in sorted(folder.glob("fold_*/*/*.bmp"))[start::every]:
        rgb = rgb_of(path)
        rgb[~rgb.any(2)] = 255
        for zoom in zooms:
            view = view_of(rgb, WHITE, um_per_px=CNMC_UM_PER_PX * zoom)
            yield from middle_one(path.parent.name, view, rgb.shape)


def known(kind: str, rgb: np.ndarray, um_per_px: float, zooms: tuple[float, ...]) -> Iterator[Known]:
    light = find_light(rgb)
    for zoom in zooms:
        yield from middle_one(kind, view_of(rgb, light, um_per_px=um_per_px * zoom), rgb.shape)


def middle_one(kind: str, view: View, shape: tuple[int, ...]) -> Iterator[Known]:
    """The cell in the picture's middle, which is the one that its source names."""
    half = np.array(shape[1::-1]) / 2
    cells = [cell for cell in cells_in(view) if cell.nucleus and np.abs(centre(cell) - half).max() < 0.15 * max(shape)]
    if cells:
        yield kind, features(max(cells, key=lambda cell: cell.area), view)


def centre(cell: FoundCell) -> np.ndarray:
    return np.array([cell.box[0] + cell.box[2], cell.box[1] + cell.box[3]]) / 2


def rgb_of(path: Path) -> np.ndarray:
    return np.array(Image.open(path).convert("RGB"))


def train(pbc: list[Known], cnmc: list[Known], *, seed: int) -> Gate:
    """Equal weight to pbc's lymphocytes, C-NMC's cells and all others; limits from pbc's own cells."""
    lymphoid = np.array([values for kind, values in pbc if kind in LYMPHOID])
    others = np.array([values for kind, values in pbc if kind not in LYMPHOID])
    blasts = np.array([values for _, values in cnmc])
    every = np.concatenate([lymphoid, others])
    mean, deviation = every.mean(0), every.std(0) + 1e-3
    random = np.random.default_rng(seed)
    count = len(others)
    draw = [
        part[random.integers(len(part), size=size)] for part, size in ((lymphoid, count // 2), (blasts, count // 2))
    ]
    inputs = np.clip((np.concatenate([*draw, others]) - mean) / deviation, -4, 4)
    inputs = inputs + random.normal(0, 0.15, inputs.shape)  # another laboratory's cells lie a little elsewhere
    targets = np.concatenate([np.ones(2 * (count // 2)), np.zeros(count)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = MLPClassifier((HIDDEN,), activation="tanh", alpha=0.05, max_iter=800, random_state=seed)
        network.fit(inputs, targets)
    (hidden, out), (hidden_bias, out_bias) = network.coefs_, network.intercepts_
    gate = Gate(
        mean=mean.astype(np.float32),
        deviation=deviation.astype(np.float32),
        hidden=hidden.astype(np.float32),
        hidden_bias=hidden_bias.astype(np.float32),
        out=out[:, 0].astype(np.float32),
        out_bias=float(out_bias[0]),
        lymphoid=0.0,
        other=0.0,
    )
    lowest = min(float(np.quantile(gate.logits(part), 0.03)) for part in (lymphoid, blasts))
    return replace(gate, lymphoid=lowest, other=min(lowest, -1.0))


def print_held_back(name: str, cells: list[Known], gate: Gate) -> None:
    """Of each kind the share that is not 'lymphoid'."""
    for kind in sorted({kind for kind, _ in cells}):
        held = gate.logits(np.array([values for each, values in cells if each == kind])) < gate.lymphoid
        print(f"{name:24s} {kind:22s} {len(held):5d} cells, {held.mean():.3f} held back")


def print_scale(data: Path) -> None:
    paths = sorted((data / "pbc_kinds" / "lymphocyte").glob("*.jpg"))
    fields = [read_field(rgb_of(path)) for path in paths]
    scale = float(np.median([field.scale.um_per_px for field in fields if field.scale is not None]))
    across = []
    for path in paths:
        rgb = rgb_of(path)
        half = np.array(rgb.shape[1::-1]) / 2
        across += [
            2 * np.sqrt(cell.area / np.pi)
            for cell in read_field(rgb, scale).cells
            if cell.kind == "lymphoid" and np.abs(centre(cell) - half).max() < 40
        ]
    print(f"{scale:.4f} µm per px; {len(across)} lymphocytes, {np.mean(across):.2f} µm across")


if __name__ == "__main__":
    assert len(FEATURES) == 16
    main()

"""Train the gate on kinds (`leukolens.cells.kind`): lymphoid or another white cell.

    python studies/train_gate.py --data ../shared/data --cnmc UNPACKED --out src/leukolens/cells/shipped/gate.npz

Trained on pbc_kinds (CC BY 4.0: 80 cells each of seven kinds) and every 14th cell of C-NMC's folds, each seen again at
other scales, stains and focus; checked on pbc_subset (same laboratory, other cells), C-NMC's other cells and wbc_masks
(another laboratory; GPL-3, so nothing is trained on it).

So that the gate carries over to a laboratory that it never saw, lymphoid cells are put together too: a C-NMC cell's
shape in a pbc lymphocyte's colours, and lymphocytes up to a third as wide again. A dozen networks, each without three
tenths of the numbers, are less sure together where a cell is unlike those of either source.
`--scale` instead prints how large pbc's lymphocytes are, from which C-NMC's µm per px is taken.
"""

import argparse
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from finding_outlines import centre
from finding_sources import PBC_UM_PER_PX, WBC_UM_PER_PX, rgb_of, wbc_masks
from numpy.random import Generator as Random
from sklearn.neural_network import MLPClassifier

from leukolens.adapt.field_cells import middle_one
from leukolens.base import atomic
from leukolens.cells.colour import WHITE
from leukolens.cells.cut_out import CNMC_UM_PER_PX
from leukolens.cells.field import read_field
from leukolens.cells.find import View, cells_in, view_of
from leukolens.cells.kind import FEATURES, Gate, features
from leukolens.cells.network import see
from leukolens.cells.stain import Light, find_light

LYMPHOID = frozenset({"lymphocyte", "2", "all", "hem"})
HIDDEN, MEMBERS = 8, 12
"""Hidden units of a network, and how many networks answer together."""
LEFT_OUT = 0.3
"""Share of the sixteen numbers that each network does not see."""
DRAWN = 900
"""Lymphoid cells that each network learns from, and as many others."""
SHAPE = np.arange(16) < 9
"""Those of the sixteen numbers that say nothing of the stain."""
NOISE = np.where(SHAPE, 0.15, 0.3)
"""Standard deviation, of the numbers' own: another laboratory's cells lie a little elsewhere."""
HELD_BACK = 0.05
"""Share of the lymphoid cells that it learnt from, which the limit holds back: as many as may be wrongly held back. A
limit that holds back fewer lets erythroblasts through (`dev/log/2026-11-29-4-gate.md`)."""
GROWN = 0.6
"""Logarithm of how much larger in area half of the lymphocytes are shown, at most."""


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
    random = np.random.default_rng(options.seed)
    pbc = list(pbc_cells(options.data / "pbc_kinds", again=6, random=random))
    cnmc = list(cnmc_cells(options.cnmc, every=14, again=3, random=random))
    gate = train(pbc, cnmc, seed=options.seed)
    for name, cells in {
        "pbc_kinds (trained on)": pbc,
        "pbc_subset": list(pbc_cells(options.data / "pbc_subset")),
        "wbc_masks": list(wbc_cells(options.data / "fields")),
        "C-NMC (other cells)": list(cnmc_cells(options.cnmc, every=25, start=12)),
    }.items():
        print_held_back(name, cells, gate)
    with atomic.place(options.out) as temporary, temporary.open("wb") as file:
        np.savez(file, **{name: getattr(gate, name) for name in Gate.__dataclass_fields__})


Known = tuple[str, np.ndarray]
"""A cell's kind as its source names it, and its (16,) features."""


def pbc_cells(folder: Path, *, again: int = 0, random: Random | None = None) -> Iterator[Known]:
    for path in sorted(folder.glob("*/*.jpg")):
        if path.parent.name != "platelet":
            rgb = rgb_of(path)
            yield from known(path.parent.name, rgb, find_light(rgb), PBC_UM_PER_PX, again=again, random=random)


def wbc_cells(fields: Path) -> Iterator[Known]:
    for path, kind, _ in wbc_masks(fields):
        rgb = rgb_of(path)
        yield from known(kind, rgb, find_light(rgb), WBC_UM_PER_PX)


def cnmc_cells(
    folder: Path, *, every: int, start: int = 0, again: int = 0, random: Random | None = None
) -> Iterator[Known]:
    for path in sorted(folder.glob("fold_*/*/*.bmp"))[start::every]:
        rgb = rgb_of(path)
        rgb[~rgb.any(2)] = 255
        yield from known(path.parent.name, rgb, WHITE, CNMC_UM_PER_PX, again=again, random=random)


def known(
    kind: str, rgb: np.ndarray, light: Light, um_per_px: float, *, again: int = 0, random: Random | None = None
) -> Iterator[Known]:
    """The cell as it is, and so many times at another scale, stain and focus."""
    yield from middle_cell(kind, view_of(rgb, light, um_per_px=um_per_px), rgb.shape)
    for _ in range(again):
        assert random is not None
        zoom = float(np.exp(random.normal(0, 0.1)))
        yield from middle_cell(kind, varied(view_of(rgb, light, um_per_px=um_per_px * zoom), random), rgb.shape)


def varied(view: View, random: Random) -> View:
    """As another stain, lamp, focus and camera would give it; the finder looks again."""
    mixture = np.eye(3) * np.exp(random.normal(0, 0.25, 3))[:, None] + random.normal(0, 0.08, (3, 3))
    density = view.density @ (mixture * np.exp(random.normal(0, 0.2))).astype(np.float32)
    density = np.maximum(density + random.normal(0, 0.02), 0)
    if random.random() < 0.6:
        density = cv2.GaussianBlur(density, (0, 0), random.uniform(0.3, 1.2))
    noisy = density + random.normal(0, random.uniform(0, 0.05), density.shape)
    density = np.clip(noisy, 0, 3).astype(np.float32)
    return View(density=density, maps=see(density), factor=view.factor)


def middle_cell(kind: str, view: View, shape: tuple[int, ...]) -> Iterator[Known]:
    """The cell in the picture's middle, which is the one that its source names."""
    cell = middle_one(tuple(one for one in cells_in(view) if one.nucleus), shape)
    if cell is not None:
        yield kind, features(cell, view)


def train(pbc: list[Known], cnmc: list[Known], *, seed: int) -> Gate:
    """The mean of MEMBERS networks as one; limits from the cells that they learnt from."""
    lymphoid = np.array([values for kind, values in pbc if kind in LYMPHOID])
    blasts = np.array([values for _, values in cnmc])
    others = {kind: np.array([values for each, values in pbc if each == kind]) for kind, _ in pbc}
    others = {kind: values for kind, values in others.items() if kind not in LYMPHOID}
    every = np.concatenate([lymphoid, *others.values()])
    mean, deviation = every.mean(0), every.std(0) + 1e-3
    random = np.random.default_rng(seed)
    members = []
    for number in range(MEMBERS):
        inputs, targets = sample(lymphoid, blasts, others, random)
        inputs = np.clip((inputs - mean) / deviation, -4, 4)
        inputs = np.concatenate([inputs + random.normal(0, 1, inputs.shape) * NOISE for _ in range(2)])
        seen = random.random(len(FEATURES)) >= LEFT_OUT
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it stops before it has converged, on purpose
            network = MLPClassifier((HIDDEN,), activation="tanh", alpha=0.05, max_iter=120, random_state=number)
            network.fit(inputs * seen, np.tile(targets, 2))
        (hidden, out), (hidden_bias, out_bias) = network.coefs_, network.intercepts_
        members.append((hidden * seen[:, None], hidden_bias, out[:, 0] / MEMBERS, out_bias[0] / MEMBERS))
    hidden, hidden_bias, out = (np.concatenate(part, axis=-1) for part in list(zip(*members, strict=True))[:3])
    gate = Gate(
        mean=mean.astype(np.float32),
        deviation=deviation.astype(np.float32),
        hidden=hidden.astype(np.float32),
        hidden_bias=hidden_bias.astype(np.float32),
        out=out.astype(np.float32),
        out_bias=float(sum(member[3] for member in members)),
        lymphoid=0.0,
        other=0.0,
    )
    lowest = min(float(np.quantile(gate.logits(part), HELD_BACK)) for part in (lymphoid, blasts))
    return replace(gate, lymphoid=lowest, other=min(lowest, -1.0))


def sample(
    lymphoid: np.ndarray, blasts: np.ndarray, others: Mapping[str, np.ndarray], random: Random
) -> tuple[np.ndarray, np.ndarray]:
    """(2 * DRAWN, 16) numbers of as many lymphoid cells as others, and (2 * DRAWN,) 1 or 0."""
    third = DRAWN // 3

    def drawn(cells: np.ndarray, count: int) -> np.ndarray:
        return np.array(cells[random.integers(len(cells), size=count)])

    mixed, grown = drawn(blasts, third), drawn(lymphoid, third)
    mixed[:, ~SHAPE] = drawn(lymphoid, third)[:, ~SHAPE]
    larger = random.uniform(0, GROWN, third) * (random.random(third) < 0.5)
    grown[:, :2] += larger[:, None]  # the areas of the cell and of its nucleus
    rest = [drawn(cells, DRAWN // len(others)) for cells in others.values()]
    inputs = np.concatenate([grown, drawn(blasts, third), mixed, *rest])
    targets = np.repeat([1, 0], [3 * third, len(inputs) - 3 * third])
    return inputs, targets


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

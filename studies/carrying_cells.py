"""The cells that `carrying_over.py` trains and tests on: C-NMC's folds by patient, ALL-IDB2's cut-outs by camera."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from carrying_ways import Pixels, Way, matched
from finding_sources import camera_of
from PIL import Image

from leukolens.adapt.field_cells import middle_one
from leukolens.cells.colour import CNMC, brought, colour_of, together
from leukolens.cells.cut_out import cut_out
from leukolens.cells.field import read_field
from leukolens.cells.find import Kind as CellKind
from leukolens.images.decode import read_rgb
from leukolens.model.preprocess import Preprocess
from leukolens.research.data.index import index
from leukolens.research.data.store import CellStore, open_store


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Cells whose truth is known, and who is behind them."""

    store: CellStore
    groups: list[str]
    """(N,) the patient of each; elsewhere the camera."""

    def pixels(self, way: Way) -> Pixels:
        """(N, 224, 224, 3), as the way shows them."""
        return matched(self.store.pixels, self.groups) if way.matched else np.array(self.store.pixels)


def of_patients(cnmc: Path, fold: str, preprocess: Preprocess) -> Cells:
    """One fold."""
    store = open_store(index(cnmc).fold(fold), preprocess)
    return Cells(store=store, groups=[str(cell.subject) for cell in store.cells])


def of_cameras(source: Path, to: Path, preprocess: Preprocess) -> tuple[Cells, list["CutOut"]]:
    """ALL-IDB2's cells, cut out into `to`, and what was seen of each beside its pixels."""
    found = {cell.path.stem: cell for cell in cut_by_camera(source, to)}
    store = open_store(index(to).cells, preprocess, cache=to / "store")
    mine = [found[cell.path.stem] for cell in store.cells]
    return Cells(store=store, groups=[one.camera for one in mine]), mine


@dataclass(frozen=True, kw_only=True)
class CutOut:
    """One of ALL-IDB2's cells, as a file."""

    path: Path
    camera: str
    nucleus_um2: float
    kind: CellKind
    """What `predict` takes it for: it judges 'lymphoid' ones."""


def cut_by_camera(source: Path, to: Path) -> list[CutOut]:
    """ALL-IDB2's pictures of one cell, cut out as `predict` cuts a field's, into to/all and to/hem.

    Each camera, told by the colour of its light, has the median scale of those pictures that tell one, and its cells'
    colours are brought to C-NMC's together. A picture in whose middle no cell is found gives none.
    """
    paths = [path for name in ("all", "hem") for path in sorted((source / name).iterdir())]
    pictures = {path: read_rgb(path) for path in paths}
    cameras = {path: camera_of(rgb) for path, rgb in pictures.items()}
    found = []
    for name in sorted(set(cameras.values())):
        mine = [path for path in paths if cameras[path] == name]
        scales = [field.scale.um_per_px for path in mine if (field := read_field(pictures[path])).scale is not None]
        scale = float(np.median(scales))
        cut = {}
        for path in mine:
            field = read_field(pictures[path], scale)
            cell = middle_one(field.cells, pictures[path].shape)
            if cell is not None and cell.nucleus:
                cut[path] = cut_out(pictures[path], cell, um_per_px=scale), field.light, cell
        colour = together(colour_of([image], light) for image, light, _ in cut.values())
        for path, (image, light, cell) in cut.items():
            target = to / path.parent.name / f"{path.stem}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(brought(image, light, colour, CNMC)).save(target)
            found.append(CutOut(path=target, camera=name, nucleus_um2=cell.nucleus_area, kind=cell.kind))
        print(f"allidb2, {name}: {scale:.3f} µm per px, {len(cut)} of {len(mine)} cells", flush=True)
    return found

"""What `leukolens adapt` takes, for tests: generated cells in all/ and hem/, and cells that were looked at already."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from leukolens.adapt.reviewed import ReviewedCell
from leukolens.adapt.seen import VIEWS, SeenCells
from leukolens.cells.quality import Quality
from leukolens.model.network_file import NetworkFile
from leukolens.research.data.phantoms import draw_cell

STAIN = np.array([70.0, 60.0, 40.0])
"""Added to the generated cells' colour: another laboratory's."""


def laboratory(folder: Path, *, patients: int = 3, cells: int = 5) -> Path:
    """So many patients of each class in all/ and hem/, in another stain; names are C-NMC's, and so tell the patient."""
    random = np.random.default_rng(0)
    for label in ("all", "hem"):
        (folder / label).mkdir(parents=True)
        for patient in range(1, patients + 1):
            whom = f"{'H' if label == 'hem' else ''}{patient}"
            for number in range(1, cells + 1):
                image = Image.fromarray(draw_cell(label, random, stain=STAIN))
                image.save(folder / label / f"UID_{whom}_1_{number}_{label}.png")
    return folder


def seen_cells(
    features: NDArray[np.float32], labels: NDArray[np.int64], logits: NDArray[np.float32], patients: list[str]
) -> SeenCells:
    """As if they had been looked at. features: (N, F), the same in all views."""
    quality = Quality(
        background=0.0, border=0, area=30_000, cells=1, saturation=0.5, hue=290.0, sharpness=9.0, grain=9.0
    )
    return SeenCells(
        cells=[
            ReviewedCell(path=Path(f"{place}.png"), content=f"{place:064x}", label=int(label), patient=patient)
            for place, (label, patient) in enumerate(zip(labels, patients, strict=True))
        ],
        features=np.repeat(features[:, None], VIEWS, axis=1).astype(np.float32),
        logits=logits.astype(np.float32),
        quality=[quality] * len(labels),
    )


def known(parent: NetworkFile, count: int = 40, *, part: float = 1.0, patients: int = 0) -> SeenCells:
    """Cells whose features part the classes by so many deviations, along what the parent does not read."""
    assert parent.reference is not None
    random = np.random.default_rng(0)
    labels = np.arange(count) % 2
    spread = parent.reference.deviations
    features = parent.reference.mean + random.normal(0, spread, (count, len(spread))) @ parent.reference.directions
    features += part * spread[1] * (2 * labels - 1)[:, None] * parent.reference.directions[1]
    names = [f"{place % 2}-{place // 2 % patients}" if patients else "" for place in range(count)]
    return seen_cells(features.astype(np.float32), labels, random.normal(0, 1, count).astype(np.float32), names)

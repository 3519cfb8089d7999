"""White cells' outlines against published masks: Dice, on two sources that nothing was trained on."""

from pathlib import Path

import numpy as np
from finding_boxes import overlap
from finding_sources import WBC_UM_PER_PX, Box, rgb_of, segpc, wbc_masks
from numpy.typing import NDArray

from leukolens.adapt.field_cells import middle_one
from leukolens.cells.field import read_field
from leukolens.cells.find import FoundCell, filled


def plasma_cells(fields: Path, *, every: int) -> None:
    """Other nucleated cells are not labelled there, so precision cannot be told."""
    scores, cells, without = [], 0, 0
    for path, masks in list(segpc(fields))[::every]:
        field = read_field(rgb_of(path))
        without += field.scale is None
        cells += len(masks)
        for mask in masks:
            best = max(field.cells, key=lambda cell: overlap(cell.box, box_of(mask)), default=None)
            if best is not None and overlap(best.box, box_of(mask)) >= 0.5:
                scores.append(dice(filled(best.outline, mask.shape) > 0, mask))
    print(f"segpc: {len(scores)} of {cells} plasma cells found, recall {len(scores) / cells:.3f}; ", end="")
    print(f"Dice of those {np.mean(scores):.3f} (median {np.median(scores):.3f}); {without} fields without a scale")


def single_cells(fields: Path, *, every: int) -> None:
    """wbc_masks: the cell in the middle, at the scale that its size tells."""
    nuclei, whole, missed = [], [], 0
    for path, _, mask in list(wbc_masks(fields))[::every]:
        cell = middle_one(read_field(rgb_of(path), WBC_UM_PER_PX).cells, mask.shape)
        if cell is None:
            missed += 1
            continue
        inside = np.zeros(mask.shape, np.bool_)
        for lobe in cell.nucleus:
            inside |= filled(lobe, mask.shape) > 0
        nuclei.append(dice(inside, mask > 200))
        whole.append(dice(filled(cell.outline, mask.shape) > 0, mask > 60))
    for name, values in (("nucleus", nuclei), ("cell", whole)):
        print(f"wbc_masks: Dice of the {name} {np.mean(values):.3f} (median {np.median(values):.3f})")
    print(f"wbc_masks: {missed} of {missed + len(whole)} cells not found")


def centre(cell: FoundCell) -> NDArray[np.float64]:
    return np.array([cell.box[0] + cell.box[2], cell.box[1] + cell.box[3]]) / 2


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / max(one.sum() + other.sum(), 1))


def box_of(mask: NDArray[np.bool_]) -> Box:
    rows, columns = np.nonzero(mask)
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)

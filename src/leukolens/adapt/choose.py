"""Reviewed cells → those that teach: enough of both classes, not too many, and of known patients where most are."""

import logging
from collections import Counter
from collections.abc import Sequence

import numpy as np

from leukolens.adapt.held_out import parts_of
from leukolens.adapt.reviewed import ReviewedCell
from leukolens.adapt.seen import SeenCells
from leukolens.base.errors import DatasetError

log = logging.getLogger(__name__)

FEWEST, FEWEST_OF_A_CLASS = 20, 5
"""Cells that can teach."""
MOST = 500
"""Of more, so many are drawn: each further one teaches less and takes as long."""
MOSTLY = 0.75
"""Share of the cells whose patient is known, from which the others are left out so that patients can be."""


def enough(cells: Sequence[ReviewedCell], what: str) -> None:
    """what: of all these cells, 'can be used'. Raises DatasetError for too few cells or too few of a class."""
    blasts = sum(cell.label for cell in cells)
    normal = len(cells) - blasts
    if len(cells) < FEWEST or min(blasts, normal) < FEWEST_OF_A_CLASS:
        raise DatasetError(
            f"{len(cells)} cells {what} ({blasts} ALL, {normal} HEM); at least {FEWEST} are needed, "
            f"{FEWEST_OF_A_CLASS} of each class",
            hint="Review more cells",
        )


def of_known_patients(seen: SeenCells, *, seed: int) -> SeenCells:
    """Without the few cells of unknown patients, who may be those that are left out; all where that helps nothing."""
    known = seen.patients != ""
    if known.all() or not known.any():
        return seen
    without = f"{len(known) - known.sum()} of {len(known)} cells name no patient"
    kept = seen.only(known)
    if known.mean() >= MOSTLY and parts_of(kept.labels, kept.patients, seed=seed).unit == "patients":
        log.warning(f"{without}: they are left out, because they may be of a patient whom the others are measured on")
        return kept
    log.warning(f"{without}: so single cells are left out in the measurement, not patients")
    return seen


def at_most(cells: Sequence[ReviewedCell], *, seed: int) -> Sequence[ReviewedCell]:
    """MOST of them: of both classes as evenly as there are cells, and in each of its patients in turn."""
    if len(cells) <= MOST:
        return cells
    log.info(f"{MOST} of {len(cells)} cells are drawn at random")
    order = np.random.default_rng(seed).permutation(len(cells))
    before: Counter[tuple[int, str]] = Counter()
    turns: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
    for number, place in enumerate(order.tolist()):
        cell = cells[place]
        turns[cell.label].append((before[cell.label, cell.patient], number))
        before[cell.label, cell.patient] += 1
    rarer, commoner = sorted(turns.values(), key=len)
    few = min(len(rarer), MOST // 2)
    drawn = [int(order[number]) for _, number in sorted(rarer)[:few] + sorted(commoner)[: MOST - few]]
    return [cells[place] for place in sorted(drawn)]

"""Splits around a test of subjects never seen: each fold in turn, or each K-th of the subjects.

Training and inner validation take the rest, in whole subjects. Model selection, thresholds and calibration may look at
inner validation only; the test is opened once, by `evaluation`.
"""

from collections.abc import Sequence

import numpy as np

from leukolens.base.errors import SplitError
from leukolens.images.cnmc_names import LABELS
from leukolens.research.data.cell import Cell
from leukolens.research.data.deal import class_counts, deal_alike, strata
from leukolens.research.data.split import (
    PARTS,
    Part,
    Split,
    linked_subjects,
    refuse_both_labels,
    refuse_shared,
    refuse_unknown_subjects,
)

INNER = 0.15
"""Share of each class's training cells that inner validation has at least, in whole subjects."""
INNER_PARTS = 3
"""Into which `inner_parts` deals the training subjects: fold 1 has three healthy donors."""


def leave_fold_out(cells: Sequence[Cell], digests: Sequence[str], *, fold: str, seed: int) -> Split:
    """One fold tests, the others train, less their inner validation subjects; see `_around`. Raises SplitError."""
    return _around([row for row, cell in enumerate(cells) if cell.fold == fold], cells, digests, seed=seed)


def subject_folds(cells: Sequence[Cell], digests: Sequence[str], *, parts: int, seed: int) -> tuple[Split, ...]:
    """Each subject is tested once: subjects of each class dealt to `parts` tests of like size, largest subject first.

    Subjects of like size change places by the seed. Raises SplitError when a class has fewer subjects than parts.
    """
    refuse_unknown_subjects(cells)
    tests = deal_alike(linked_subjects(cells, digests), cells, parts=parts, seed=seed)
    return tuple(_around(test, cells, digests, seed=seed) for test in tests)


def inner_parts(split: Split, cells: Sequence[Cell], digests: Sequence[str], *, seed: int) -> tuple[Split, ...]:
    """The cells that are not tested, part by part: each validates once what is trained on the others, none tests.

    Every training subject thus gets an answer from a network that has not seen it. A split by image is dealt by image.
    """
    inside = {row for part in ("train", "val") for row in split.rows[part]}
    by_subject = split.protocol == "subject"
    groups = (
        [group for group in linked_subjects(cells, digests) if inside.issuperset(group)]
        if by_subject
        else [[row] for row in sorted(inside)]
    )
    fewest = int((class_counts(groups, cells) > 0).sum(axis=0).min())
    dealt = deal_alike(groups, cells, parts=min(INNER_PARTS, fewest), seed=seed)
    return tuple(
        Split(
            protocol=split.protocol,
            seed=seed,
            rows={"train": tuple(sorted(inside.difference(part))), "val": tuple(sorted(part)), "test": ()},
        )
        for part in dealt
    )


def _around(test: Sequence[int], cells: Sequence[Cell], digests: Sequence[str], *, seed: int) -> Split:
    """`test` given; of the other subjects, inner validation takes whole ones at random until it has INNER of a class.

    A subject linked to a test subject by an identical image is left out of training, and so is C-NMC's preliminary set,
    which is a test and never trained on: `left_out` tells the rows.
    """
    refuse_unknown_subjects(cells)
    refuse_both_labels(cells, digests)
    inside = set(test)
    rows: dict[Part, list[int]] = {"train": [], "val": [], "test": sorted(inside)}
    random = np.random.default_rng(seed)
    groups = [
        group
        for group in linked_subjects(cells, digests)
        if inside.isdisjoint(group) and all(cells[row].fold != "prelim" for row in group)
    ]
    counts = class_counts(groups, cells)
    for place, label in enumerate(LABELS):
        subjects = int((counts[:, place] > 0).sum())
        if subjects < 2:
            raise _too_few(subjects, label)
    for stratum in strata(counts):
        total, taken = sum(len(groups[one]) for one in stratum), 0
        for one in random.permutation(stratum).tolist():
            size = len(groups[one])
            into: Part = "val" if taken < INNER * total and taken + size < total else "train"
            rows[into] += groups[one]
            taken += size if into == "val" else 0
    for label in LABELS:
        if any(all(cells[row].label != label for row in rows[part]) for part in ("train", "val")):
            raise _too_few(2, label)
    split = Split(protocol="subject", seed=seed, rows={part: tuple(sorted(rows[part])) for part in PARTS})
    refuse_shared(split, cells, digests)
    return split


def _too_few(subjects: int, label: str) -> SplitError:
    return SplitError(
        f"{subjects} {label.upper()} subjects are left for training and inner validation",
        hint="At least two are needed: give more folds, or --parts 3, which divides subjects regardless of their folds",
    )


def image_twin(split: Split, cells: Sequence[Cell], *, seed: int) -> Split:
    """The same cells and the same number of each class in each part, dealt by image: what the leak is worth.

    Its difference from `split` under one recipe is the inflation of a split by image.
    """
    rows: dict[Part, list[int]] = {part: [] for part in PARTS}
    random = np.random.default_rng(seed)
    for label in LABELS:
        sizes = [sum(cells[row].label == label for row in split.rows[part]) for part in PARTS]
        of_class = sorted(row for part in PARTS for row in split.rows[part] if cells[row].label == label)
        dealt = random.permutation(of_class).tolist()
        for part, size in zip(PARTS, sizes, strict=True):
            rows[part] += dealt[:size]
            dealt = dealt[size:]
    return Split(protocol="paper", seed=seed, rows={part: tuple(sorted(rows[part])) for part in PARTS})

"""dataset → train / val / test.

`paper`: Makem et al. 2025 §3.2: inside each fold, each class at random by image, 70/10/20 by floors (Table 1); patients
leak from training into test. `subject`: no subject and no image content stands in two parts; `held_out` beside it
makes such splits around a given test. `all`: every cell of the folds trains, for a model that ships; its like are
measured in its place.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from leukolens.base import atomic
from leukolens.base.errors import SplitError
from leukolens.base.schema import read_table
from leukolens.images.cnmc_names import LABELS
from leukolens.research.data.cell import Cell
from leukolens.research.data.deal import deal_near

Protocol = Literal["paper", "subject", "all"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
SHARES: dict[Part, float] = {"train": 0.7, "val": 0.1, "test": 0.2}
"""Share of the cells of each class; §3.2."""

FEWEST_SUBJECTS = 4
"""Of a class in a test. With 3, the bootstrap draws one of them alone in 1 of 27 draws: the 95 % interval is then no
more than the worst and the best of the three."""

COLUMNS = ("part", "name", "label", "subject", "fold", "sha256")


@dataclass(frozen=True, kw_only=True)
class Split:
    """Row numbers of the dataset's cells in each part."""

    protocol: Protocol
    seed: int
    rows: Mapping[Part, tuple[int, ...]]

    def shared_subjects(self, cells: Sequence[Cell]) -> tuple[str, ...]:
        """Subjects that stand in more than one part."""
        parts: dict[str, set[Part]] = defaultdict(set)
        for part in PARTS:
            for row in self.rows[part]:
                if (subject := cells[row].subject) is not None:
                    parts[subject].add(part)
        return tuple(sorted(subject for subject, where in parts.items() if len(where) > 1))

    def left_out(self, cells: Sequence[Cell]) -> tuple[int, ...]:
        """Rows that stand in no part."""
        taken = {row for rows in self.rows.values() for row in rows}
        return tuple(row for row in range(len(cells)) if row not in taken)


def make_split(cells: Sequence[Cell], digests: Sequence[str], *, protocol: Protocol, seed: int) -> Split:
    """Split by the protocol and check it. Raises SplitError."""
    missing = [label for label in LABELS if all(cell.label != label for cell in cells)]
    if missing:
        raise SplitError(f"there are no {missing[0].upper()} cells", hint="Two classes are needed: all/ and hem/")
    refuse_both_labels(cells, digests)
    if protocol == "all":
        rows = tuple(row for row, cell in enumerate(cells) if cell.fold != "prelim")
        return Split(protocol=protocol, seed=seed, rows={"train": rows, "val": (), "test": ()})
    split = paper_split(cells, seed=seed) if protocol == "paper" else subject_split(cells, digests, seed=seed)
    empty = [f"{part} {label.upper()}" for part in PARTS for label in LABELS if not _count(cells, split, part, label)]
    if empty:
        raise SplitError(f"too few cells or subjects: none for {', '.join(empty)}", hint="Use more folds or cells")
    if protocol != "paper":
        refuse_shared(split, cells, digests)
    return split


def _count(cells: Sequence[Cell], split: Split, part: Part, label: str) -> int:
    return sum(cells[row].label == label for row in split.rows[part])


def paper_split(cells: Sequence[Cell], *, seed: int) -> Split:
    """By image, inside each fold and class: floor(0.7 n), floor(0.1 n), the rest."""
    rows: dict[Part, list[int]] = {part: [] for part in PARTS}
    random = np.random.default_rng(seed)
    for fold in sorted({cell.fold for cell in cells}):
        for label in ("all", "hem"):
            group = [row for row, cell in enumerate(cells) if (cell.fold, cell.label) == (fold, label)]
            drawn = [group[place] for place in random.permutation(len(group))]
            train, val = len(drawn) * 7 // 10, len(drawn) // 10  # whole numbers: 0.7 * 10 is 6.999… in floats
            rows["train"] += drawn[:train]
            rows["val"] += drawn[train : train + val]
            rows["test"] += drawn[train + val :]
    return Split(protocol="paper", seed=seed, rows={part: tuple(sorted(rows[part])) for part in PARTS})


def subject_split(cells: Sequence[Cell], digests: Sequence[str], *, seed: int) -> Split:
    """Whole subjects to parts, each class near 70/10/20 by cells and by subjects (`deal.deal_near`).

    Subjects that share an image stay together.
    """
    refuse_unknown_subjects(cells)
    groups = linked_subjects(cells, digests)
    dealt = deal_near(groups, cells, shares=tuple(SHARES[part] for part in PARTS), seed=seed)
    return Split(
        protocol="subject", seed=seed, rows={part: tuple(sorted(rows)) for part, rows in zip(PARTS, dealt, strict=True)}
    )


def linked_subjects(cells: Sequence[Cell], digests: Sequence[str]) -> list[list[int]]:
    """Rows by subject, where subjects linked by an identical image count as one; in a stable order."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for cell, digest in zip(cells, digests, strict=True):
        parent[root(f"content {digest}")] = root(f"subject {cell.subject}")
    groups: dict[str, list[int]] = defaultdict(list)
    for row, cell in enumerate(cells):
        groups[root(f"subject {cell.subject}")].append(row)
    return list(groups.values())


def refuse_unknown_subjects(cells: Sequence[Cell]) -> None:
    """Raise SplitError, with how to say whose they are."""
    unknown = [cell.name for cell in cells if cell.subject is None]
    if unknown:
        raise SplitError(
            f"the subject of {len(unknown)} cells is unknown (first: {unknown[0]})",
            hint="Say whose they are with --patient-from (a .csv with path and patient, a regular expression, or "
            "'parent'), or put them into all/<subject>/ and hem/<subject>/",
        )


def refuse_shared(split: Split, cells: Sequence[Cell], digests: Sequence[str]) -> None:
    """Raise SplitError naming the first subject or image content that stands in two parts."""
    seen: dict[str, tuple[Part, Cell]] = {}
    for part in PARTS:
        for row in split.rows[part]:
            cell = cells[row]
            for kind, key in (("subject", str(cell.subject)), ("image", digests[row])):
                other_part, other = seen.setdefault(f"{kind} {key}", (part, cell))
                if other_part != part:
                    what = f"subject {key}" if kind == "subject" else f"{cell.name} = {other.name} by content"
                    raise SplitError(
                        f"{what} is in both {other_part} and {part}", hint="Only protocol 'paper' allows that"
                    )


def refuse_both_labels(cells: Sequence[Cell], digests: Sequence[str]) -> None:
    """The same image content under both labels teaches nothing and is an error of the data."""
    seen: dict[str, Cell] = {}
    for cell, digest in zip(cells, digests, strict=True):
        other = seen.setdefault(digest, cell)
        if other.label != cell.label:
            raise SplitError(
                f"is the same image as {other.name}, under the other label", path=cell.name, hint="Remove one of them"
            )


def count(cells: Sequence[Cell], split: Split) -> dict[Part, Counter[str]]:
    """Cells of each part by label: one fold of Table 1."""
    return {part: Counter(cells[row].label for row in split.rows[part]) for part in PARTS}


def too_few_for_intervals(split: Split, cells: Sequence[Cell]) -> str:
    """What the test part lacks for intervals over subjects, in a sentence; '' where it has enough of each class."""
    short = []
    for label in LABELS:
        subjects = len({cells[row].subject for row in split.rows["test"] if cells[row].label == label})
        if split.rows["test"] and subjects < FEWEST_SUBJECTS:
            short.append(f"{subjects} {label.upper()}")
    if not short:
        return ""
    return (
        f"the test part has {' and '.join(short)} subjects: with fewer than {FEWEST_SUBJECTS} of a class, a 95 % "
        "interval over subjects tells no more than the worst and the best of them. `leukolens benchmark --parts 3` "
        "tests every subject once"
    )


def write_split(path: Path, split: Split, cells: Sequence[Cell], digests: Sequence[str]) -> None:
    """One row a cell: anyone with the same cells can run the same split."""
    atomic.write_csv(
        path,
        COLUMNS,
        (
            dict(zip(COLUMNS, (part, c.name, c.label, c.subject or "", c.fold, digests[row]), strict=True))
            for part in PARTS
            for row in split.rows[part]
            for c in (cells[row],)
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Line:
    """What is read of a row of split.csv; the other columns are for people."""

    part: Part
    name: str


def read_split(path: Path, cells: Sequence[Cell], digests: Sequence[str], *, protocol: Protocol, seed: int) -> Split:
    """Find a written split's cells in a dataset by their names, and check it as a new one is.

    Raises SplitError: a name that is not there, a damaged file, a subject or image shared between parts.
    """
    by_name = {cell.name: row for row, cell in enumerate(cells)}
    rows: dict[Part, list[int]] = {part: [] for part in PARTS}
    for line in read_table(path, _Line, error=SplitError, hint="Give the split.csv that a run wrote"):
        if line.name not in by_name:
            raise SplitError(f"names {line.name}, which is not in this dataset", path=path)
        rows[line.part].append(by_name[line.name])
    split = Split(protocol=protocol, seed=seed, rows={part: tuple(rows[part]) for part in PARTS})
    if protocol != "paper":
        refuse_shared(split, cells, digests)
    return split

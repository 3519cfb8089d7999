"""`leukolens data`: what a folder of cells holds."""

import sys
from pathlib import Path

import click

from leukolens.cli.exit_codes import SOME_UNREADABLE


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--crop", type=click.IntRange(min=32), default=300, help="Side of the centred crop to check, px.")
def data(folder: Path, crop: int) -> None:
    """Count cells by fold, class and subject; find unreadable files, copies, and cells that are in two folds.

    FOLDER: a folder of cells: C-NMC's folds, or all/ and hem/ folders.

    Exit code 3: a file cannot be read, or a cell has both labels.
    """
    from leukolens.research.data.index import index
    from leukolens.research.data.inventory import take_inventory

    found = take_inventory(index(folder), crop=crop)
    for fold in found.folds:
        print(f"fold {fold.fold}")
        for label in ("all", "hem"):
            subjects = fold.subjects[label]
            listed = ", ".join(f"{name} {count}" for name, count in subjects.most_common())
            print(f"  {label.upper()}  {fold.cells[label]:5d} cells of {len(subjects)} subjects: {listed}")
    total = sum(sum(fold.cells.values()) for fold in found.folds)
    print(f"A crop of {found.crop} px cuts {found.cut} of {total} cells ({found.cut / total:.1%})", end="")
    print(f", by {found.cut_most} px at most" if found.cut else "")
    _list("copies by content", [" = ".join(cell.name for cell in group) for group in found.copies])
    _list("of them in two folds", [" = ".join(cell.name for cell in group) for group in found.copies_across_folds])
    shared = [f"{name} in folds {', '.join(folds)}" for name, folds in found.subjects_in_folds.items()]
    _list("subjects in two folds", shared)
    _list("files left out", [str(path) for path in found.others])
    wrong = [" = ".join(cell.name for cell in group) for group in found.copies_under_both_labels]
    _list("images under both labels", wrong)
    _list("unreadable files", list(found.unreadable))
    if found.unreadable or wrong:
        sys.exit(SOME_UNREADABLE)


def _list(what: str, lines: list[str]) -> None:
    print(f"{what}: {len(lines)}")
    for line in lines:
        print(f"  {line}")

"""`leukolens data`: what a folder of cells holds."""

import sys
from pathlib import Path

import click

from leukolens.cli import options
from leukolens.cli.exit_codes import SOME_UNREADABLE


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@options.patient_from
@click.option("--crop", type=click.IntRange(min=32), default=300, help="Side of the centred crop to check, px.")
def data(folder: Path, patient_from: str | None, crop: int) -> None:
    """Count cells by fold, class and subject; find unreadable files, copies, and cells that are in two folds.

    FOLDER: a folder of cells: C-NMC's folds, all/ and hem/ folders, or any layout with a .csv of labels as
    --patient-from.

    Exit code 3: a file cannot be read, or a cell has both labels; 1: the subjects of some cells are unknown.
    """
    from leukolens.research.data.index import index
    from leukolens.research.data.inventory import take_inventory
    from leukolens.research.data.split import refuse_unknown_subjects

    indexed = index(folder, patient_from=patient_from)
    found = take_inventory(indexed, crop=crop)
    for fold in found.folds:
        print(f"fold {fold.fold}")
        for label in ("all", "hem"):
            listed = ", ".join(f"{name} {count}" for name, count in fold.subjects[label].most_common())
            known = len(fold.subjects[label])
            nobody = fold.unknown[label]
            whose = f"of {known} subjects: {listed}" if known else "of unknown subjects"
            more = f"; {nobody} of unknown subjects" if known and nobody else ""
            print(f"  {label.upper()}  {fold.cells[label]:5d} cells {whose}{more}")
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
    refuse_unknown_subjects(indexed.cells)


def _list(what: str, lines: list[str]) -> None:
    print(f"{what}: {len(lines)}")
    for line in lines:
        print(f"  {line}")

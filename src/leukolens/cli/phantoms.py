"""`leukolens phantoms`: generated cells."""

from pathlib import Path
from typing import Annotated

import typer


def phantoms(
    dest: Annotated[Path, typer.Argument(help="New or empty folder.")],
    folds: Annotated[int, typer.Option(min=1)] = 2,
    subjects: Annotated[int, typer.Option(min=1, help="Of each class in each fold.")] = 4,
    cells: Annotated[int, typer.Option(min=1, help="Of each subject.")] = 15,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Draw generated cells in C-NMC's layout, for trying the software where no real cells are."""
    from leukolens.phantoms import PhantomSettings, write_phantoms

    drawn = write_phantoms(dest, PhantomSettings(folds=folds, subjects=subjects, cells=cells, seed=seed))
    print(f"{drawn} generated cells in {dest}. They are drawn: figures measured on them say nothing about leukemia.")

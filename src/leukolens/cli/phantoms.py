"""`leukolens phantoms`: generated cells."""

from pathlib import Path

import click


@click.command()
@click.argument("dest", type=click.Path(path_type=Path))
@click.option("--folds", type=click.IntRange(min=1), default=2)
@click.option("--subjects", type=click.IntRange(min=1), default=4, help="Subjects of each class in each fold.")
@click.option("--cells", type=click.IntRange(min=1), default=15, help="Cells of each subject.")
@click.option("--seed", type=click.IntRange(min=0), default=0)
def phantoms(dest: Path, folds: int, subjects: int, cells: int, seed: int) -> None:
    """Draw cells in C-NMC's layout, to try the software without real ones.

    DEST: a new or empty folder.
    """
    from leukolens.research.data.phantoms import PhantomSettings, write_phantoms

    drawn = write_phantoms(dest, PhantomSettings(folds=folds, subjects=subjects, cells=cells, seed=seed))
    print(f"{drawn} generated cells in {dest}. They are drawn: metrics measured on them say nothing about leukemia.")

"""`leukolens reproduce`: the paper's tables and figures again."""

from pathlib import Path

import click

from leukolens.cli import options


@click.command()
@options.data
@options.out
@click.option("--folds", multiple=True, help="Which folds. Default: all.")
@click.option("--only", multiple=True, help="Names of systems, separated by commas. Default: all.")
@click.option("--init", default="imagenet", help="Initial weights of MobileNet_M: 'imagenet', 'random' or a file.")
@click.option(
    "--weights", type=click.Path(path_type=Path), help="Folder of ImageNet weights: NETWORK.npz for each network."
)
@click.option("--seed", type=click.IntRange(min=0), default=0)
@click.option("--limit", default=240.0, help="Minutes. Without a GPU, networks that would take longer are left out.")
@options.engine
@options.dry_run
@click.option("--drawn", is_flag=True, help="Show generated cells in Figures 3, 4 and 7.")
@options.quick
def reproduce(
    data: Path | None,
    out: Path,
    folds: tuple[str, ...],
    only: tuple[str, ...],
    init: str,
    weights: Path | None,
    seed: int,
    limit: float,
    engine: str | None,
    dry_run: bool,
    drawn: bool,
    quick: bool,
) -> None:
    """Train and measure the paper's network and everything it is compared with; write every table and figure.

    DATA: a copy of C-NMC 2019; not needed with --quick.

    A finished run is never repeated, and an interrupted one continues. Writes report.html, report.md, tables/ and
    figures/.
    """
    from leukolens.research.makem2025 import reproduce as again
    from leukolens.research.makem2025.plan import Options
    from leukolens.research.settings import TrainSettings

    names = tuple(name for part in only for name in part.split(","))
    if quick:
        options.refuse_beside_quick("only")
        report = again.quick(out, only=names)
    else:
        report = again.reproduce(
            options.given(data) if engine is None else options.given(data).resolve(),
            Options(
                out=out if engine is None else out.resolve(),
                init=init,
                weights=weights if weights is None or engine is None else weights.resolve(),
                only=names,
                limit=limit,
                engine=engine,
            ),
            recipe=TrainSettings(seed=seed),
            folds=folds,
            dry_run=dry_run,
            drawn=drawn,
        )
    if report is not None:
        print(f"report: {report}")

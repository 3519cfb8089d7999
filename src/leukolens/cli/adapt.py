"""`leukolens adapt`: a laboratory's reviewed cells → a model of its own."""

from pathlib import Path

import click

from leukolens.cli import options

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("cells", nargs=-1, required=True)
@click.option("--out", type=_PATH, required=True, help="The model file to write.")
@click.option("--model", type=_PATH, help="The model to teach; default the float form of the one that comes with it.")
@click.option(
    "--patient-from",
    help="Whose cells a folder's are, as for `leukolens predict`; a case knows it. Default: C-NMC's file names.",
)
@options.um_per_px(" of a folder's pictures that are no cut-outs")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Draws who is left out with whom.")
def adapt(
    cells: tuple[str, ...],
    out: Path,
    model: Path | None,
    patient_from: str | None,
    um_per_px: float | None,
    seed: int,
) -> None:
    """Teach the model a laboratory's own cells, and keep what comes out where it is not worse.

    CELLS: case files that a reader worked through, or folders with pictures in all/ and hem/: cut-outs, or pictures
    with the cell in their middle (extra 'fields'); 20 to 500 cells. Give the model that comes out to
    `leukolens predict --model`.

    It fits the last layer, the calibration and the limits anew, and measures by leaving patients out, or single cells
    where patients are not known. Exit code 1, and nothing is written: it would answer worse than the model taught, or
    than the form that `leukolens predict` takes without it.
    """
    from leukolens.adapt.reviewed import reviewed_cells
    from leukolens.adapt.teach import report, teach, write
    from leukolens.model.form import form_for
    from leukolens.model.network_file import SHIPPED, NetworkFile

    # float learns more from the same cells than half, which judges better without them: docs/results/half.md
    parent, in_use = NetworkFile(model or SHIPPED, threads=1), form_for(None)
    judge = None if model or in_use == SHIPPED else NetworkFile(in_use, threads=1)
    reviewed = reviewed_cells(cells, parent.card, patient_from=patient_from, um_per_px=um_per_px)
    taught = teach(reviewed, parent, judge=judge, seed=seed)
    write(taught, parent, out)
    print(report(taught))
    print(f"model {taught.card.model_id}: {out}")

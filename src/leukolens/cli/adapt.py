"""`leukolens adapt`: a laboratory's reviewed cells → a model of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from leukolens.base.errors import OutputError
from leukolens.cli import options, outputs

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("cells", nargs=-1, required=True)
@click.option("--out", type=_PATH, required=True, help="The model file to write.")
@click.option(
    "--model", type=_PATH, help="The model to teach. Default: the float form of the one that comes with LeukoLens."
)
@click.option(
    "--patient-from",
    help="Where the patients of a folder's cells are named, as for `leukolens predict`; a case knows its own. "
    "Default: C-NMC's file names.",
)
@options.um_per_px(" of the pictures in a folder that are not cut-outs")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    help="Random seed: decides which patients or cells are left out together.",
)
@options.force
def adapt(
    cells: tuple[str, ...],
    out: Path,
    model: Path | None,
    patient_from: str | None,
    um_per_px: float | None,
    seed: int,
    force: bool,
) -> None:
    """Teach the model a laboratory's own cells, and keep the new model if it is not worse.

    CELLS: case files that a reader worked through, or folders with pictures in all/ and hem/: cut-outs, or pictures
    with the cell in their middle (extra 'fields'); 20 to 500 cells. Use the new model with
    `leukolens predict --model`.

    It refits the last layer, the calibration and the limits, and measures the result by leaving out patients, or single
    cells where patients are not known. Exit code 1, and nothing is written, if the new model would answer worse than
    the one that was taught, or than the form that `leukolens predict` would use without it.
    """
    _refuse_beside_cases(cells, {"--patient-from": patient_from, "--um-per-px": um_per_px})
    _spare(out, cells)
    outputs.free(out, force=force)
    from leukolens.adapt.reviewed import reviewed_cells
    from leukolens.adapt.summary import report
    from leukolens.adapt.teach import teach, write
    from leukolens.model.form import are_forms, form_for
    from leukolens.model.network_file import SHIPPED, NetworkFile

    # float learns more from the same cells than half, which judges better without them: docs/results/half.md
    parent = NetworkFile(model or SHIPPED, threads=1)
    in_use = NetworkFile(form_for(None), threads=1) if are_forms(parent.card.model_id) else parent
    judge = None if in_use.card.model_id == parent.card.model_id else in_use
    reviewed = reviewed_cells(cells, patient_from=patient_from, um_per_px=um_per_px)
    taught = teach(reviewed, parent, judge=judge, seed=seed)
    write(taught, parent, out)
    print(report(taught))
    print(f"model {taught.card.model_id}: {out}")


def _refuse_beside_cases(cells: Sequence[str], told: Mapping[str, object]) -> None:
    """told: option → what it tells of a folder's pictures. Raises click.BadParameter where no folder is given."""
    for option, value in told.items():
        if value is not None and not any(Path(one).is_dir() for one in cells):
            raise click.BadParameter("is for folders; a case knows its own", param_hint=f"'{option}'")


def _spare(out: Path, cells: Sequence[str]) -> None:
    """Raises OutputError where the model would be written over what it learns from."""
    if out.exists() and any(Path(one).exists() and out.samefile(one) for one in cells):
        raise OutputError("is what the model is to learn from", path=out, hint="Give another --out")

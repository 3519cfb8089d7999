"""`leukolens export`: a finished run's model for servers, small boards and phones."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from leukolens.cli import options

if TYPE_CHECKING:
    from leukolens.research.export.export import Target


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--to",
    type=click.Choice(("onnx", "onnx-int8", "litert", "litert-int8")),
    metavar="FORM",
    required=True,
    help="onnx, onnx-int8, litert or litert-int8.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write. Default: beside the run's model.onnx.")
@click.option("--data", type=click.Path(path_type=Path), help="Where the cells are now, if they were moved.")
@options.patient_from
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, help="Random seed for drawing the cells that calibrate and check."
)
@options.quiet
def export(run: Path, to: "Target", out: Path | None, data: Path | None, patient_from: str | None, seed: int) -> None:
    """Write the model in another form, if it agrees with the trained one on real cells.

    RUN: the folder of a finished `leukolens train` or `leukolens release`; or a model.onnx with --data, for all forms
    but onnx.

    At least 99 % of the verdicts must agree, and the AUROC may move by 0.002 at most. In float, p(ALL) must also agree
    within 0.0001, that of onnx with torch's and that of litert with onnx's. In int8, layers that lose too much stay in
    float. Threshold, temperature, band and share rule are written into the file.
    """
    from leukolens.research.export.export import export as write

    write(run, to, out=out, data=data, patient_from=patient_from, seed=seed)

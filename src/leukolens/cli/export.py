"""`leukolens export`: a finished run's model for servers, small boards and phones."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished `leukolens train` or `leukolens release`.")],
    to: Annotated[str, typer.Option(help="onnx, onnx-int8, litert or litert-int8.")],
    out: Annotated[Path | None, typer.Option(help="File to write; default beside the run's model.onnx.")] = None,
    data: Annotated[Path | None, typer.Option(help="Where the cells stand now, if they moved.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws the cells that calibrate and check.")] = 0,
) -> None:
    """Write the model in another form, only if it agrees with the trained one on real cells.

    Float: p(ALL) within 0.0001 of torch. int8: 99 % of the verdicts agree and the AUROC moves by 0.002 at most; layers
    that lose too much stay in float. Threshold, temperature, band and patient rule travel with it.
    """
    from leukolens.cli.choices import one_of
    from leukolens.exporting.export import TARGETS
    from leukolens.exporting.export import export as write

    write(run, one_of(to, TARGETS, "--to"), out=out, data=data, seed=seed)

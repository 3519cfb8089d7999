"""Options that several commands share, worded once."""

import math
from collections.abc import Callable
from pathlib import Path

import click
from click.core import ParameterSource

from leukolens.base import logs

_PATH = click.Path(path_type=Path)

data = click.argument("data", type=_PATH, required=False)
out = click.option(
    "--out", type=_PATH, required=True, help="Folder for the runs and the report; finished runs in it are not repeated."
)
engine = click.option(
    "--engine",
    type=click.Choice(("ray",)),
    help="Train on the machines of a Ray cluster (RAY_ADDRESS, extra 'scale'), which must share a disk.",
)
dry_run = click.option("--dry-run", is_flag=True, help="Only list what would be done.")
patient_from = click.option(
    "--patient-from",
    help="Where each cell's patient is named: 'parent' (the folder's name), a .csv with path and patient (and label: "
    "then folders are ignored), or a regular expression with one group. Default: C-NMC's file names, and folders below "
    "all/ and hem/.",
)
network = click.option(
    "--network", help="mobilenet_m, alnett, resnet50 …, timm:NAME, or module:function. Default: the recipe's."
)
overrides = click.option(
    "--set",
    "overrides",
    multiple=True,
    help="Any setting, e.g. batch=32 or augmentation.rotation=180; may be repeated.",
)


def _enter_quiet(context: click.Context, _option: click.Parameter, quiet: bool) -> None:
    if quiet:
        context.with_resource(logs.quietly())


quiet = click.option(
    "--quiet",
    "-q",
    is_flag=True,
    expose_value=False,
    callback=_enter_quiet,
    help="Only results, warnings and errors: no progress and no summary.",
)


def form(*choices: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Which form of the model that ships; the first choice is the default."""
    auto = "; auto: the one that suits this processor, or the one that judged before" if "auto" in choices else ""
    return click.option(
        "--form",
        type=click.Choice(choices),
        help=f"Form of the model that comes with LeukoLens{auto}.  [default: {choices[0]}]",
    )


def _number(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """click takes 'nan' for a number within every range."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("is not a number", ctx=context, param=parameter)
    return value


def um_per_px(of: str = "") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Scale of the pictures. of: which ones, ' of whole fields' say; '': all."""
    return click.option(
        "--um-per-px",
        type=click.FloatRange(min=0.02, max=2.0),
        callback=_number,
        help=f"Micrometres per pixel{of}. Default: the file's own, else measured on the red cells.",
    )


force = click.option("--force", is_flag=True, help="Replace existing files.")
quick = click.option("--quick", is_flag=True, help="Use generated cells; takes minutes.")


def refuse_beside_quick(*allowed: str) -> None:
    """Raises click.BadParameter when the command line gives --quick and anything else than `allowed`."""
    context = click.get_current_context()
    for option in context.command.params:
        named = context.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE
        if named and option.name not in ("quick", "out", *allowed):
            raise click.BadParameter("cannot be combined with --quick", ctx=context, param=option)


def given(data: Path | None) -> Path:
    """DATA where there is no --quick. Raises click.BadParameter without it."""
    if data is None:
        raise click.BadParameter("give a folder of cells, or --quick", param_hint="DATA")
    return data


def shipped_or(model: Path | None, form: str | None) -> Path | None:
    """The model that was given, or that form of the one that comes with LeukoLens; None where nothing says which.

    Raises click.BadParameter where both are given.
    """
    from leukolens.model.form import FORMS

    if form is not None and model is not None:
        raise click.BadParameter(
            "chooses a form of the model that comes with LeukoLens; leave out one of them", param_hint="--form"
        )
    return model or next((path for name, path in FORMS.items() if name == form), None)

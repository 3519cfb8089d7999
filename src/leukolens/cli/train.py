"""`leukolens train`: one training run."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from leukolens.cli import options

if TYPE_CHECKING:
    from leukolens.research.data.split import Protocol
    from leukolens.research.train.launch import Precision


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for the run: new or empty, unless --resume."
)
@click.option(
    "--protocol",
    type=click.Choice(("paper", "subject", "all")),
    default="paper",
    help="'paper' splits by image (subjects leak into the test), 'subject' by subject; 'all' trains on all.",
)
@click.option("--fold", help="One fold of C-NMC: 0, 1 or 2. Default: all cells.")
@click.option("--test-fold", help="With --protocol subject: this fold tests, all others train.")
@options.patient_from
@click.option(
    "--recipe", default="paper", help="paper, leukolens, half, or a .toml file with what differs from one of them."
)
@options.network
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    help="Random seed for the split, the order, the noise and the augmentation.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Largest number of epochs; the validation loss can stop training earlier. --resume may change it, but not "
    "with schedule=cosine. Default: the recipe's.",
)
@click.option(
    "--init", default="imagenet", help="Initial weights: 'imagenet', 'random', or a .npz or .safetensors file."
)
@click.option(
    "--teacher",
    type=click.Path(path_type=Path),
    help="A model.onnx whose answers teach the network beside the labels, as a large network teaches a small one.",
)
@click.option(
    "--crop", type=click.IntRange(min=32), help="Side of the centred crop, px of the original. Default: the recipe's."
)
@options.overrides
@click.option("--resume/--no-resume", default=False, help="Continue a run that was interrupted.")
@click.option(
    "--track", multiple=True, help="Log each epoch to 'tensorboard' (below --out) or 'mlflow:URI'; may be repeated."
)
@click.option(
    "--devices",
    help="How many GPUs to use on each machine (or processes on its processor), or 'auto'. Default: what torchrun or "
    "`fabric run` has started, else 1.",
)
@click.option(
    "--num-nodes",
    type=click.IntRange(min=1),
    help="How many machines train together; each needs MASTER_ADDR, MASTER_PORT and its own NODE_RANK. Default: what "
    "torchrun or `fabric run` has started, else 1.",
)
@click.option(
    "--precision",
    type=click.Choice(("auto", "bf16", "32", "64")),
    default="auto",
    help="'auto': bf16 if the hardware computes in it.",
)
@options.quiet
def train(
    data: Path,
    out: Path,
    protocol: "Protocol",
    fold: str | None,
    test_fold: str | None,
    patient_from: str | None,
    recipe: str,
    network: str | None,
    seed: int,
    epochs: int | None,
    init: str,
    teacher: Path | None,
    crop: int | None,
    overrides: tuple[str, ...],
    resume: bool,
    track: tuple[str, ...],
    devices: str | None,
    num_nodes: int | None,
    precision: "Precision",
) -> None:
    """Train a network on a folder of cells by a recipe and write model.onnx.

    DATA: a folder of cells: C-NMC's folds, all/ and hem/ folders, or any layout with a .csv of labels as
    --patient-from.

    The run's own validation cells decide when the model gives no answer: they set the limits on images, the reference
    of features, the temperature and the band of 'uncertain'.

    curves.png is redrawn after every epoch. At the end the folder --out holds model.onnx, model.safetensors, split.csv,
    history.csv, curves.png, contact_sheet.png and run.json.
    """
    from leukolens.base.extras import require

    require("lightning", "timm", "torch", extra="train")
    from leukolens.research.evaluate.safeguards import safeguard
    from leukolens.research.recipes import recipe as settings_of
    from leukolens.research.train.launch import is_first_process
    from leukolens.research.train.run import RunPlan
    from leukolens.research.train.run import train as run

    if test_fold is not None and (protocol != "subject" or fold is not None):
        raise click.BadParameter("goes with --protocol subject and without --fold", param_hint="--test-fold")
    given = {"epochs": epochs, "preprocess.crop": crop}
    told = [f"{name}={value}" for name, value in given.items() if value is not None]
    run(
        RunPlan(
            data=data,
            patient_from=patient_from,
            out=out,
            protocol=protocol,
            fold=fold,
            test_fold=test_fold,
            init=init,
            teacher=teacher,
            settings=settings_of(recipe, seed=seed, network=network, overrides=(*told, *overrides)),
            resume=resume,
            track=track,
            devices=None if devices is None else number_of(devices),
            num_nodes=num_nodes,
            precision=precision,
        )
    )
    if is_first_process():
        safeguard(out, data=data)


def number_of(devices: str) -> int | str:
    """'auto' or a number from 1."""
    if devices != "auto" and not (devices.isdecimal() and int(devices)):
        raise click.BadParameter(f"{devices!r} is neither 'auto' nor a number from 1 up", param_hint="--devices")
    return devices if devices == "auto" else int(devices)

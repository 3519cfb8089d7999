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
    "--recipe", default="paper", help="paper, leukolens, half, or a .toml file that holds what differs from one."
)
@options.network
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Sets split, order, noise and augmentation.")
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="At most; the validation loss can stop it earlier. --resume may change it, but not with schedule=cosine. "
    "Default: the recipe's.",
)
@click.option("--init", default="imagenet", help="'imagenet', 'random', or a .npz or .safetensors file.")
@click.option(
    "--teacher",
    type=click.Path(path_type=Path),
    help="A model.onnx whose answers teach it, beside the labels: a large network a small one.",
)
@click.option(
    "--crop", type=click.IntRange(min=32), help="Side of the centred crop, px of the original. Default: the recipe's."
)
@options.overrides
@click.option("--resume/--no-resume", default=False, help="Continue a run that was interrupted.")
@click.option(
    "--track", multiple=True, help="Watch it in 'tensorboard' (below --out) or 'mlflow:URI', epoch by epoch; repeat."
)
@click.option(
    "--devices",
    help="How many GPUs of each machine (or processes on its processor), or 'auto'. Default: what torchrun or "
    "`fabric run` has started, else 1.",
)
@click.option(
    "--num-nodes",
    type=click.IntRange(min=1),
    help="How many machines train it together; each is given MASTER_ADDR, MASTER_PORT and its NODE_RANK. Default: "
    "likewise.",
)
@click.option(
    "--precision",
    type=click.Choice(("auto", "bf16", "32", "64")),
    default="auto",
    help="'auto': bf16 where the hardware computes in it.",
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

    DATA: a folder of cells: C-NMC's folds, all/ and hem/ folders, or any with --patient-from a .csv with labels.

    The run's own validation cells set when the model does not answer: the limits on images, the reference of
    features, the temperature and the band of 'uncertain'.

    curves.png is drawn anew after every epoch. The folder --out then holds model.onnx, model.safetensors, split.csv,
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
        raise click.BadParameter(f"{devices!r} is neither 'auto' nor a number from 1", param_hint="--devices")
    return devices if devices == "auto" else int(devices)

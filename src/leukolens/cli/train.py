"""`leukolens train`: one training run."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    data: Annotated[Path, typer.Argument(help="Folder of cells: C-NMC's folds, or all/ and hem/ folders.")],
    out: Annotated[Path, typer.Option(help="Folder for the run: new or empty, unless --resume.")],
    protocol: Annotated[
        str,
        typer.Option(
            help="'paper' splits by image (subjects leak into the test), 'subject' by subject; 'all' trains on all."
        ),
    ] = "paper",
    fold: Annotated[str | None, typer.Option(help="One fold of C-NMC: 0, 1 or 2. Default: all cells.")] = None,
    test_fold: Annotated[
        str | None, typer.Option(help="With --protocol subject: this fold tests, all others train.")
    ] = None,
    network: Annotated[str, typer.Option(help="mobilenet_m, alnett, resnet50 …, or timm:NAME.")] = "mobilenet_m",
    seed: Annotated[int, typer.Option(min=0, help="Split, order, noise and augmentation come from it.")] = 0,
    epochs: Annotated[
        int, typer.Option(min=1, help="At most; the validation loss can stop it earlier. --resume may change it.")
    ] = 100,
    init: Annotated[str, typer.Option(help="'imagenet', 'random', or a .npz or .safetensors file.")] = "imagenet",
    crop: Annotated[int, typer.Option(min=32, help="Side of the centred crop, px of the original.")] = 300,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Any setting, e.g. batch=32 or augmentation.rotation=180; repeat.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on with a run that was cut.")] = False,
    devices: Annotated[str, typer.Option(help="How many GPUs (or CPU processes), or 'auto'.")] = "1",
) -> None:
    """Train a network on a folder of cells by the paper's recipe and write model.onnx.

    The folder --out then holds model.onnx, model.safetensors, split.csv, history.csv, curves.png, contact_sheet.png
    and run.json.
    """
    from leukolens.cli.choices import one_of
    from leukolens.dataset.split import PROTOCOLS
    from leukolens.preprocess import Preprocess
    from leukolens.training.networks import entry
    from leukolens.training.overrides import with_overrides
    from leukolens.training.run import RunPlan
    from leukolens.training.run import train as run
    from leukolens.training.settings import TrainSettings

    if test_fold is not None and (protocol != "subject" or fold is not None):
        raise typer.BadParameter("goes with --protocol subject and without --fold", param_hint="--test-fold")
    settings = TrainSettings(
        network=network,
        seed=seed,
        epochs=epochs,
        learning_rate=entry(network).learning_rate,
        preprocess=Preprocess(crop=crop),
    )
    run(
        RunPlan(
            data=data,
            out=out,
            protocol=one_of(protocol, PROTOCOLS, "--protocol"),
            fold=fold,
            test_fold=test_fold,
            init=init,
            settings=with_overrides(settings, set_ or ()),
            resume=resume,
            devices=number_of(devices),
        )
    )


def number_of(devices: str) -> int | str:
    """'auto' or a number from 1."""
    if devices != "auto" and not (devices.isdecimal() and int(devices)):
        raise typer.BadParameter(f"{devices!r} is neither 'auto' nor a number from 1", param_hint="--devices")
    return devices if devices == "auto" else int(devices)

"""Training, evaluation and benchmark from Python, in the few lines that the shell needs (docs/notebooks).

>>> from pathlib import Path
>>> from leukolens.research.api import evaluate, recipe, train
>>> model = train(Path("own"), Path("runs/mine"), protocol="subject", patient_from="patients.csv")
>>> evaluate(Path("runs/mine"), sigmas=(0.0, 10.0)).rows[0].metrics.auroc

Lines of progress are logged: `logging.basicConfig(level="INFO", format="%(message)s")` shows them.
"""

from collections.abc import Sequence
from pathlib import Path

from leukolens.research.data.index import Index, index
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms
from leukolens.research.data.split import Protocol
from leukolens.research.evaluate.compare import Comparison, compare
from leukolens.research.evaluate.evaluate import Evaluation, evaluate
from leukolens.research.evaluate.safeguards import safeguard
from leukolens.research.experiments.benchmark import benchmark
from leukolens.research.experiments.release import release
from leukolens.research.recipes import recipe
from leukolens.research.settings import Augmentation, TrainSettings
from leukolens.research.train import run
from leukolens.research.train.launch import Precision, is_first_process

__all__ = [
    "Augmentation",
    "Comparison",
    "Evaluation",
    "Index",
    "PhantomSettings",
    "TrainSettings",
    "benchmark",
    "compare",
    "evaluate",
    "index",
    "recipe",
    "release",
    "train",
    "write_phantoms",
]


def train(
    data: Path,
    out: Path,
    *,
    settings: TrainSettings | str = "paper",
    patient_from: str | None = None,
    protocol: Protocol = "paper",
    fold: str | None = None,
    test_fold: str | None = None,
    init: str = "imagenet",
    teacher: Path | None = None,
    resume: bool = False,
    track: Sequence[str] = (),
    devices: int | str | None = None,
    num_nodes: int | None = None,
    precision: Precision = "auto",
) -> Path:
    """Train a network on a folder of cells and return the path of its model.onnx, calibrated on its validation cells.

    data: C-NMC's folds, all/ and hem/ folders, or any folder of which `patient_from` is a .csv with path, patient and
    label. out: a new or empty folder, unless `resume` goes on with a run that was cut. settings: those of `recipe`, or
    its name or file. patient_from: whose cells they are: 'parent', a .csv or a pattern. protocol: 'paper' splits by
    image, 'subject' by subject, 'all' trains on all. fold: one of C-NMC's, or all cells. test_fold: with 'subject' and
    no `fold`, this fold tests. track: 'tensorboard' or 'mlflow:URI', where each epoch is shown. init: 'imagenet',
    'random' or a file of weights. teacher: a model.onnx whose answers teach it beside the labels. devices: GPUs of each
    machine, or 'auto', num_nodes: machines; default what torchrun or `fabric run` has started, else 1. precision:
    'auto', 'bf16', '32' or '64'. Raises LeukoLensError.
    """
    plan = run.RunPlan(
        data=data,
        patient_from=patient_from,
        out=out,
        settings=recipe(settings) if isinstance(settings, str) else settings,
        protocol=protocol,
        fold=fold,
        test_fold=test_fold,
        init=init,
        teacher=teacher,
        resume=resume,
        track=tuple(track),
        devices=devices,
        num_nodes=num_nodes,
        precision=precision,
    )
    path = run.train(plan)
    if is_first_process():
        safeguard(out, data=data)
    return path

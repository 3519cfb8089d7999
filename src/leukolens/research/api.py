"""Training, evaluation and benchmark from Python, in the few lines that the shell needs (docs/notebooks).

>>> from pathlib import Path
>>> from leukolens.research.api import evaluate, recipe, train
>>> model = train(Path("cnmc"), Path("runs/mine"), fold="1", settings=recipe("paper", seed=0))
>>> evaluate(Path("runs/mine"), sigmas=(0.0, 10.0)).rows[0].metrics.auroc

Lines of progress are logged: `logging.basicConfig(level="INFO", format="%(message)s")` shows them.
"""

from pathlib import Path

from leukolens.research.data.phantoms import PhantomSettings, write_phantoms
from leukolens.research.data.split import Protocol
from leukolens.research.evaluate.evaluate import Evaluation, evaluate
from leukolens.research.experiments.benchmark import benchmark
from leukolens.research.recipes import recipe
from leukolens.research.settings import Augmentation, TrainSettings
from leukolens.research.train import run

__all__ = [
    "Augmentation",
    "Evaluation",
    "PhantomSettings",
    "TrainSettings",
    "benchmark",
    "evaluate",
    "recipe",
    "train",
    "write_phantoms",
]


def train(
    data: Path,
    out: Path,
    *,
    settings: TrainSettings,
    protocol: Protocol = "paper",
    fold: str | None = None,
    test_fold: str | None = None,
    init: str = "imagenet",
    resume: bool = False,
    devices: int | str = 1,
) -> Path:
    """Train a network on a folder of cells and return the path of its model.onnx.

    data: C-NMC's folds, or all/ and hem/ folders. out: a new or empty folder, unless `resume` goes on with a run that
    was cut. protocol: 'paper' splits by image, 'subject' by subject, 'all' trains on all. fold: one of C-NMC's, or all
    cells. test_fold: with 'subject' and no `fold`, this fold tests. init: 'imagenet', 'random' or a file of weights.
    devices: GPUs of this machine, or 'auto'. Raises LeukoLensError.
    """
    plan = run.RunPlan(
        data=data,
        out=out,
        settings=settings,
        protocol=protocol,
        fold=fold,
        test_fold=test_fold,
        init=init,
        resume=resume,
        devices=devices,
    )
    return run.train(plan)

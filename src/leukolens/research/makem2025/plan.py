"""What is to be trained and measured, keyed by settings and data: a run is never repeated, and a cut one goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukolens.base.errors import RunError
from leukolens.research.data.store import CellStore
from leukolens.research.experiments.jobs import State, folder_of, state_of
from leukolens.research.makem2025.systems import System
from leukolens.research.settings import describe

EPOCHS = 45
"""Epochs after which the early stop usually ends a run: the paper's 30, 60 and 40, ours in docs/results/training.md."""
RATE = 55 * 0.57
"""10⁹ MACs of training a second on two cores: MobileNet_M at 55 images/s (docs/results/training.md)."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One system on one fold."""

    system: System
    fold: str
    folder: Path
    """Where its run is kept: <out>/runs/<system>-f<fold>-<key>."""
    state: State
    minutes: float
    """Estimate on two cores; 0 when done."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What of the whole is wanted."""

    out: Path
    init: str = "imagenet"
    """Start of MobileNet_M and its ablation: 'imagenet', 'random' or a file of weights."""
    weights: Path | None = None
    """Folder of ImageNet weights, '<network>.npz' each, for networks whose own source cannot be reached."""
    only: tuple[str, ...] = ()
    """Names of systems; empty: all."""
    limit: float = 240.0
    """Minutes; a network whose estimate is longer is not run without a GPU, and the report says so."""
    engine: str | None = None
    """'ray' hands the systems to the machines of its cluster; the ensembles, which need them, come after."""


def make_plan(stores: Mapping[str, CellStore], catalogue: Mapping[str, System], options: Options) -> list[Job]:
    """One job for each system and fold. Raises RunError for a name that does not exist."""
    unknown = [name for name in options.only if name not in catalogue]
    if unknown:
        raise RunError(f"there is no system {unknown[0]!r}", hint=f"There are: {', '.join(catalogue)}")
    wanted = [system for name, system in catalogue.items() if not options.only or name in options.only]
    return [_job(system, fold, store, options) for fold, store in stores.items() for system in wanted]


def _job(system: System, fold: str, store: CellStore, options: Options) -> Job:
    recipe = None if system.settings is None else describe(system.settings)
    identity = {"system": system.name, "recipe": recipe, "init": Path(options.init).name, "data": store.data_hash()}
    folder = folder_of(options.out, f"{system.name}-f{fold}", identity)
    state = state_of(folder, result="metrics.json")
    minutes = 0.0 if state == "done" else _minutes(system, len(store.cells))
    return Job(system=system, fold=fold, folder=folder, state=state, minutes=minutes)


def _minutes(system: System, cells: int) -> float:
    if system.settings is None:
        return cells / 2000
    epochs = min(EPOCHS, system.settings.epochs)
    if system.settings.noise_mixing == "beside":
        epochs *= len(system.settings.noise)
    return epochs * 0.93 * cells * system.giga_macs / RATE / 60  # 0.7 of the cells, and HEM's copies


def listed(jobs: Sequence[Job]) -> str:
    """The plan as text."""
    lines = [f"{job.system.name:20s} fold {job.fold}  {job.state:5s}  {job.minutes:6.0f} min" for job in jobs]
    return "\n".join([*lines, f"about {sum(job.minutes for job in jobs):.0f} min on two cores, less with a GPU"])

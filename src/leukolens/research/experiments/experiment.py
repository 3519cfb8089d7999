"""An experiment: one recipe under one split of subjects, trained, calibrated on inner validation, then tested once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from leukolens.research.data.held_out import image_twin, leave_fold_out, subject_folds
from leukolens.research.data.split import Split
from leukolens.research.data.store import CellStore
from leukolens.research.experiments.jobs import folder_of, state_of
from leukolens.research.networks.own import digest_of
from leukolens.research.settings import TrainSettings, describe


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What is trained and tested."""

    recipe: str
    """Name of `research.recipes`."""
    protocol: str
    """'test fold 1', 'subjects 2 of 5', or either with ', by image' for its twin that leaks."""
    settings: TrainSettings
    split: Split
    folder: Path
    """<out>/runs/<recipe>-<protocol>-<seed>-<key>; an experiment that is done there is never repeated."""

    @property
    def chooses_nothing(self) -> bool:
        """Whether the recipe keeps its last epoch, whatever the validation subjects say of it."""
        return self.settings.schedule == "cosine"

    @property
    def done(self) -> bool:
        """Whether it has been measured."""
        return state_of(self.folder, result=RESULT) == "done"


RESULT = "held_out.json"


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What every training of the experiments starts from."""

    data: Path
    patient_from: str | None
    """Whose cells they are, as `research.data.index` takes it."""
    store: CellStore
    """The cells of `data`."""
    init: str
    """Initial weights: 'imagenet', 'random' or a file."""


def make_experiments(
    store: CellStore,
    recipes: Mapping[str, TrainSettings],
    *,
    seeds: Sequence[int],
    init: str,
    out: Path,
    parts: int = 0,
    twins: bool = True,
) -> list[Experiment]:
    """Each test in turn, for each recipe and seed; and with `twins`, for the first seed, each one's twin by image.

    The tests are the folds, C-NMC's preliminary set among them where it is there; or with `parts` that many parts of
    all subjects, whatever their fold.
    """
    found = []
    for seed in seeds:
        for protocol, split in _splits(store, parts, seed).items():
            splits = {protocol: split}
            if twins and seed == seeds[0]:
                splits[f"{protocol}, by image"] = image_twin(split, store.cells, seed=seed)
            for name, settings in recipes.items():
                seeded = replace(settings, seed=seed)
                found += [_experiment(name, kind, seeded, s, store, init, out) for kind, s in splits.items()]
    return sorted(found, key=lambda one: one.split.protocol == "paper")  # twins last: they are the least of it


def _splits(store: CellStore, parts: int, seed: int) -> dict[str, Split]:
    if parts:
        found = subject_folds(store.cells, store.digests, parts=parts, seed=seed)
        return {f"subjects {number} of {parts}": split for number, split in enumerate(found, start=1)}
    folds = sorted({cell.fold for cell in store.cells})
    return {f"test fold {fold}": leave_fold_out(store.cells, store.digests, fold=fold, seed=seed) for fold in folds}


def _experiment(
    recipe: str, protocol: str, settings: TrainSettings, split: Split, store: CellStore, init: str, out: Path
) -> Experiment:
    parts = {part: [store.cells[row].name for row in rows] for part, rows in split.rows.items()}
    identity = [describe(settings), parts, Path(init).name, store.data_hash()]
    if (digest := digest_of(settings.network)) is not None:
        identity.append(digest)
    name = f"{recipe}-{protocol}-{split.seed}".replace(", ", "-").replace(" ", "-")
    folder = folder_of(out, name, identity)
    return Experiment(recipe=recipe, protocol=protocol, settings=settings, split=split, folder=folder)

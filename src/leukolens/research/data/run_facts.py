"""run.json: what a training run was, written at its beginning. A frozen record, read in this one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from leukolens.base import schema
from leukolens.base.errors import RunError
from leukolens.research.data.split import Protocol

FACTS = "run.json"


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """One run's record."""

    protocol: Protocol
    fold: str | None
    """C-NMC fold it was trained on, None for all."""
    test_fold: str | None = None
    init: str
    """'imagenet', 'random', or the name of a file of weights."""
    teacher: str | None = None
    """Id of the model whose answers taught it; None for none."""
    cells: schema.Count
    data_hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """`CellStore.data_hash`: names and contents of all cells."""
    settings: Mapping[str, Any]
    """Every setting, as JSON; `research.settings` reads them."""
    data: str
    """Name of the data's folder. Where it stands on this machine is in the cache (`data.places`)."""
    patients_hash: str | None = None
    """`CellStore.patients_hash` where a source told whose the cells are; None for names and folders."""
    network_digest: str | None = None
    """SHA-256 of the file of the reader's own network; None for those that LeukoLens or timm brings."""
    commit: str = ""
    machine: str = ""
    versions: Mapping[str, str]

    def __post_init__(self) -> None:
        if type(self.settings.get("seed")) is not int:
            raise ValueError("settings.seed is not a whole number")

    @property
    def seed(self) -> int:
        """Of split, order, noise and augmentation."""
        seed: int = self.settings["seed"]
        return seed


def read_run_facts(path: Path) -> RunFacts:
    """Raises RunError, naming file and field, for a record that is cut, garbled or holds a wrong value."""
    return schema.read_file(path, RunFacts, error=RunError, hint="Train again, or give the folder of another run")

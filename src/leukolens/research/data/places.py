"""Where data stand on this machine, by their digest. In the cache and nowhere else: a run's record can be published."""

from dataclasses import dataclass
from pathlib import Path

from leukolens.base import atomic, schema
from leukolens.predict.path_table import is_table
from leukolens.research.data.store import cache_folder


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where cells stand, and what tells whose they are."""

    folder: str
    """From the root."""
    patient_from: str | None = None
    """As `research.data.index` takes it; a table by its path from the root."""


def remember(data_hash: str, folder: Path, *, patient_from: str | None = None) -> None:
    """The cells with this digest (`CellStore.data_hash`) stand in `folder`."""
    if patient_from is not None and is_table(patient_from):
        patient_from = str(Path(patient_from).resolve())
    place = Place(folder=str(folder.resolve()), patient_from=patient_from)
    atomic.write_text(_file(data_hash), schema.write(place))


def recall(data_hash: str) -> Place | None:
    """Where they stood last on this machine; None where that is not known, or the folder is gone."""
    try:
        text = _file(data_hash).read_text(encoding="utf-8")
        place = schema.read(text, Place) if text.startswith("{") else Place(folder=text)  # version 0.1 wrote the folder
    except (OSError, ValueError):
        return None
    return place if Path(place.folder).is_dir() else None


def _file(data_hash: str) -> Path:
    return cache_folder() / "places" / data_hash

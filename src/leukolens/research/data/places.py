"""Where data stand on this machine, by their digest. In the cache and nowhere else: a run's record can be published."""

from pathlib import Path

from leukolens.base import atomic
from leukolens.research.data.store import cache_folder


def remember(data_hash: str, folder: Path) -> None:
    """The cells with this digest (`CellStore.data_hash`) stand in `folder`."""
    atomic.write_text(_place(data_hash), str(folder.resolve()))


def recall(data_hash: str) -> Path | None:
    """The folder where they stood last on this machine; None where that is not known, or it is gone."""
    try:
        folder = Path(_place(data_hash).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return folder if folder.is_dir() else None


def _place(data_hash: str) -> Path:
    return cache_folder() / "places" / data_hash

"""Files, folders and globs → items: each file that is asked for, where it stands and whose cell it shows.

Items are made here, once, and passed on; nothing later looks at names or asks for a patient again.
"""

import glob
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukolens.base.errors import DatasetError
from leukolens.base.names import in_one_line, place_of
from leukolens.images.decode import SLIDES, SUFFIXES
from leukolens.predict.patients import patients_of

_TAKEN = SUFFIXES | SLIDES
_LOOKED_FOR = ", ".join([*sorted(SUFFIXES), *sorted(SLIDES)])
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One file to judge."""

    path: Path
    """As it was given, or found below the folder that was given."""
    place: str
    """Where it stands, in one line: the same however its path is spelled."""
    patient: str
    """Whose cell it shows, in one line; '' when that is not known."""


def gather(arguments: Sequence[str], *, patient_from: str | None = None) -> list[Item]:
    """Each file once however it is spelled, in the order given and sorted within a folder or glob.

    patient_from: see `patients.patients_of`. Raises DatasetError for a folder without images or that cannot be listed,
    a glob without a match, two names that a table would show alike, and a file whose patient its source does not tell.
    A file that is named but absent stays in the list: it becomes a row with its reason.
    """
    found: dict[str, Path] = {}
    for argument in arguments:
        for path in _files(argument):
            found.setdefault(os.path.abspath(path), path)
    places = _places(found.values())
    patients = patients_of(list(places.values()), patient_from)
    return [Item(path=path, place=place, patient=patients[path]) for place, path in places.items()]


def _files(argument: str) -> list[Path]:
    """What one argument names."""
    path = Path(argument)
    if os.path.isdir(path):  # not Path's: it raises for a place that may not be looked into
        return _images_below(path)
    if not glob.has_magic(argument) or os.path.exists(path):
        return [path]
    matched = map(Path, glob.glob(argument, recursive=True))
    images = sorted(match for match in matched if not os.path.isdir(match))
    if not images:
        raise DatasetError("matches no file", path=argument, hint="Check the folder and the pattern")
    return images


def _images_below(folder: Path) -> list[Path]:
    inside = sorted(_below(folder))
    images = [file for file in inside if file.suffix.lower() in _TAKEN]
    if not images:
        raise DatasetError("holds no images", path=folder, hint=f"Looked for {_LOOKED_FOR}")
    if len(images) < len(inside):
        _log.warning("%s: left out because LeukoLens does not read files of these kinds: %s", folder, _kinds(inside))
    return images


def _kinds(files: Iterable[Path]) -> str:
    """'2 .heic (IMG_1.HEIC, …), 1 .txt (notes.txt)' of those that are not images by name."""
    kinds: dict[str, list[str]] = {}
    for file in files:
        if file.suffix.lower() not in _TAKEN:
            kinds.setdefault(file.suffix.lower() or "without an extension", []).append(in_one_line(file.name))
    return ", ".join(
        f"{len(names)} {kind} ({names[0]}{', …' if len(names) > 1 else ''})" for kind, names in kinds.items()
    )


def _below(folder: Path) -> Iterator[Path]:
    """Everything below that is not a folder. One that vanishes meanwhile holds nothing; a closed one is an error."""

    def closed(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            hint = "Check that you may read it"
            raise DatasetError(f"cannot be listed ({error.strerror})", path=error.filename, hint=hint) from error

    for place, _, names in os.walk(folder, onerror=closed):
        yield from (Path(place, name) for name in names)


def _places(paths: Iterable[Path]) -> dict[str, Path]:
    """Place → file. Raises DatasetError for two that a row could not tell apart: one name holds a line end, say, and
    the other a backslash and an n.
    """
    found: dict[str, Path] = {}
    for path in paths:
        if found.setdefault(place_of(str(path)), path) != path:
            raise DatasetError(
                "two files have names that look the same in a table", path=path, hint="Rename one of them"
            )
    return found

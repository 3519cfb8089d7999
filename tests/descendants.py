"""The processes below one, as Linux lists them in /proc."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


def descendants(of: int) -> Iterator[tuple[int, str]]:
    """Processes below one, and what each calls itself."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            text = (place / "stat").read_text()
            children.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(place.name))
    waiting = list(children.get(of, ()))
    while waiting:
        process = waiting.pop()
        waiting += children.get(process, ())
        with contextlib.suppress(OSError):
            yield process, Path(f"/proc/{process}/cmdline").read_text()


def judging(of: int) -> list[int]:
    """Processes below one in which Ray has something judged at the moment."""
    return [process for process, name in descendants(of) if name.startswith("ray::_told")]

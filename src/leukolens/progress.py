"""Progress of long work on stderr: a bar with rate and time left on a terminal, a plain line now and then elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

PLAIN_EVERY = 15.0
"""Seconds between plain lines, so that a log stays readable."""

Advance = Callable[[int], None]


@contextlib.contextmanager
def track(what: str, total: int, *, unit: str, every: float = PLAIN_EVERY) -> Iterator[Advance]:
    """Yield a function to call with the number of units just done; `every`: seconds between plain lines."""
    if sys.stderr.isatty():
        with _bar(what, total, unit) as advance:
            yield advance
    else:
        yield _plain(what, total, unit, every)


@contextlib.contextmanager
def _bar(what: str, total: int, unit: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    # rich would print what goes to stdout above the bar, on stderr: right on a terminal, a loss in a pipe or a file
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty())
    with bar as progress:
        task = progress.add_task(what, total=total, rate="")

        def advance(count: int) -> None:
            speed = progress.tasks[0].speed
            progress.update(task, advance=count, rate=f"{speed:.0f} {unit}/s" if speed else "")

        yield advance


def _plain(what: str, total: int, unit: str, every: float) -> Advance:
    started = said = time.monotonic()
    done = 0

    def advance(count: int) -> None:
        nonlocal done, said
        done += count
        now = time.monotonic()
        if now - said < every:
            return
        said = now
        rate = done / max(now - started, 1e-9)
        print(f"{what}: {done}/{total}, {rate:.0f} {unit}/s, {(total - done) / rate:.0f} s left", file=sys.stderr)

    return advance

"""Progress of long work on stderr: a bar with rate and time left on a terminal, a plain line now and then elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from leukolens.base.logs import is_quiet

PLAIN_EVERY = 15.0
"""Seconds between plain lines, so that a log stays readable."""

Advance = Callable[[int], None]


@contextlib.contextmanager
def track(what: str, total: int, *, unit: str, every: float = PLAIN_EVERY) -> Iterator[Advance]:
    """Yield a function to call with the number of units just done; `every`: seconds between plain lines."""
    if is_quiet():
        yield lambda count: None
    elif sys.stderr.isatty():
        with _bar(what, total, unit) as advance:
            yield advance
    else:
        yield _plain(what, total, unit, every)


@contextlib.contextmanager
def _bar(what: str, total: int, unit: str) -> Iterator[Advance]:
    """tqdm's; what is printed on the terminal meanwhile stands above it, and it goes when the work is done."""
    from tqdm import tqdm
    from tqdm.contrib import DummyTqdmFile

    above = DummyTqdmFile(sys.stderr)  # for stdout too: tqdm makes way for lines of its own stream alone
    with (
        tqdm(total=total, desc=what, unit=f" {unit}", leave=False, dynamic_ncols=True, file=sys.stderr) as bar,
        contextlib.redirect_stdout(above if sys.stdout.isatty() else sys.stdout),
        contextlib.redirect_stderr(above),
    ):

        def advance(count: int) -> None:
            bar.update(count)

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

"""What Pillow and libtiff remark on a file that they read nevertheless, with the file's name before it.

Pillow warns through `warnings` and `logging`, libtiff calls a handler (`libtiff.py`); none of them knows the file. So
each thread remembers the file that it decodes. `warnings.catch_warnings` would not do: it changes the filters of all
threads.
"""

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leukolens.base.names import in_one_line

MOST = 5
"""Remarks on one file that are kept: a damaged TIFF can earn thousands, and the first ones tell the most."""

_log = logging.getLogger("leukolens.images")


class _Here(threading.local):
    """What this thread has heard of the file it decodes; None while it decodes none. Each remark once."""

    heard: dict[str, None] | None = None


_here = _Here()


@contextlib.contextmanager
def remarks(name: Path | str) -> Iterator[dict[str, None]]:
    """Yield what is heard of this file (the keys, in order); it is logged at the end, unless decoding fails."""
    heard: dict[str, None] = {}
    _here.heard = heard
    try:
        yield heard
    finally:
        _here.heard = None
    for text in heard:
        _log.warning("%s: %s", in_one_line(str(name)), text)


def remark(text: str) -> bool:
    """Add a remark on the file that this thread decodes; False where it decodes none."""
    if _here.heard is None:
        return False
    if len(_here.heard) < MOST:
        _here.heard[in_one_line(text.strip())] = None
    return True


class _Heard(logging.Handler):
    """Pillow's own log, from 'warning' on."""

    def emit(self, record: logging.LogRecord) -> None:
        if not remark(record.getMessage()) and logging.lastResort is not None and not logging.root.handlers:
            logging.lastResort.handle(record)  # what `logging` does where nobody listens


def listen() -> None:
    """For the whole process. A warning that comes while no file is decoded goes where it went before."""
    show = warnings.showwarning

    def named(message: Warning | str, *where: Any, **more: Any) -> None:
        if not remark(str(message)):
            show(message, *where, **more)

    warnings.showwarning = named
    warnings.filterwarnings("always", module=r"PIL\.", append=True)  # else the second file's equal warning is left out
    logging.getLogger("PIL").addHandler(_Heard(logging.WARNING))

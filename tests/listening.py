"""What the package logs, line by line, and a way to interrupt it at one of them."""

import contextlib
import logging
from collections.abc import Callable, Iterator


class _Lines(logging.Handler):
    def __init__(self, heard: Callable[[str], None]) -> None:
        super().__init__()
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self.heard(record.getMessage())


@contextlib.contextmanager
def listening(heard: Callable[[str], None]) -> Iterator[None]:
    """Call `heard` with each line; what it raises ends the work that logged it."""
    logger, handler = logging.getLogger("leukolens"), _Lines(heard)
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)

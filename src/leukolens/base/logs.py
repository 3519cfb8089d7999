"""What long work tells as it goes on: records of the logger 'leukolens', plain lines where a command shows them.

Python callers see nothing unless they ask, as with any library: `logging.basicConfig(level="INFO")`.
"""

import contextlib
import logging
import sys
from collections.abc import Iterator

LOGGER = logging.getLogger("leukolens")
_silenced = 0
"""How many `quietly` are entered."""


class PlainLines(logging.Handler):
    """Each record's message as a line: warnings on standard error, the rest on standard output, as they are then."""

    def emit(self, record: logging.LogRecord) -> None:
        """Raises OSError where the line cannot be written: nobody reads on, and the command ends."""
        print(record.getMessage(), file=sys.stderr if record.levelno >= logging.WARNING else sys.stdout)


def show() -> None:
    """Show records from INFO on as plain lines, however often this is called."""
    LOGGER.setLevel(logging.INFO)
    if not any(isinstance(handler, PlainLines) for handler in LOGGER.handlers):
        LOGGER.addHandler(PlainLines())


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Inside, only warnings and errors are told: no lines of long work, no progress, no summary."""
    global _silenced
    level = LOGGER.level
    LOGGER.setLevel(logging.WARNING)
    _silenced += 1
    try:
        yield
    finally:
        _silenced -= 1
        LOGGER.setLevel(level)


def is_quiet() -> bool:
    """Whether this runs inside `quietly`."""
    return _silenced > 0


def say(text: str) -> None:
    """A line on standard error beside a command's result; nothing when quiet."""
    if not is_quiet():
        print(text, file=sys.stderr)

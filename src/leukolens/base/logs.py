"""What long work tells as it goes on: records of the logger 'leukolens', plain lines where a command shows them.

Python callers see nothing unless they ask, as with any library: `logging.basicConfig(level="INFO")`.
"""

import logging
import sys

LOGGER = logging.getLogger("leukolens")


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

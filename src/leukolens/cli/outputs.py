"""Where a command writes: a new file, one that --force replaces, or standard output by '-'."""

import sys
from pathlib import Path

from leukolens.base import atomic
from leukolens.base.errors import OutputError
from leukolens.report.stdout import STDOUT


def free(*paths: Path, force: bool) -> None:
    """Raises OutputError for a file that exists and may not be replaced."""
    for path in paths:
        if path != STDOUT and path.exists() and not force:
            raise OutputError("exists already", path=path, hint="Write another file, or replace it with --force")


def write(path: Path, text: str) -> None:
    """The whole text, to the file or to standard output. Raises OutputError."""
    if path == STDOUT:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        atomic.write_text(path, text)

"""'-' as a path: standard output."""

from pathlib import Path

STDOUT = Path("-")

"""The command line as a test calls it: in this process, or in a Python of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from leukolens.cli import main


def leukolens(*arguments: object) -> int:
    """Run a command here; its exit code."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0)


def python(code: str, *arguments: Path | str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run `code` in a fresh Python; sys.argv[1:] are `arguments`."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)

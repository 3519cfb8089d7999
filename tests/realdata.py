"""The real data, where they stand beside the checkout; elsewhere a test that needs them is skipped with the reason."""

import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Real cells and weights stand beside the checkout where there are any; CI has them."""


def shared(name: str) -> Path:
    """A file or folder of ../shared/data; the test is skipped, with the reason, where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs {path}, which is not on this machine")
    return path


def unpacked(dest: Path, *, every: int) -> Path:
    """Each so manieth cell of C-NMC's fold 1, as BMP; unpack_cnmc.py checks each against its published digest."""
    pytest.importorskip("imagecodecs")
    shared("cnmc/SHA256SUMS")
    command = [sys.executable, str(shared("unpack_cnmc.py")), str(dest), "--fold", "1", "--every", str(every)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dest

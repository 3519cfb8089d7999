"""In a base install, a command that needs an extra says which, without a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

BLOCKED = """
import sys
for name in ("torch", "torchvision", "timm", "lightning", "scipy", "sklearn", "skimage", "matplotlib", "onnx"):
    sys.modules[name] = None  # as if it were not installed
from leukolens.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("release", "cells", "--benchmark", "b", "--out", "o"),
        ("benchmark", "--quick", "--out", "o"),
        ("reproduce", "--quick", "--out", "o"),
        ("train", "cells", "--out", "o"),
        ("evaluate", "run"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_missing_extra_is_named(arguments: tuple[str, ...], tmp_path: Path) -> None:
    command = [sys.executable, "-c", BLOCKED, *arguments]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip().endswith("pip install 'leukolens[train]'"), ended.stderr
    assert not list(tmp_path.iterdir())

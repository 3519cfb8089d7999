"""Which code and which libraries made a file."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

_LIBRARIES = ("leukolens", "numpy", "pillow", "onnxruntime", "torch", "timm", "lightning", "scikit-learn")


def commit() -> str:
    """Git commit of this checkout's code, '+' after it where tracked code differs; '' outside a checkout."""
    folder = Path(__file__).parents[1]

    def git(*args: str) -> str:
        done = subprocess.run(["git", "-C", str(folder), *args], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        head = git("rev-parse", "--short=12", "HEAD")
        if not head or not git("ls-files", "--", str(folder / "__init__.py")):
            return ""
        return head + ("+" if git("status", "--porcelain", "--untracked-files=no", "--", str(folder)) else "")
    except OSError:  # no git on this machine
        return ""


def versions() -> dict[str, str]:
    """Of LeukoLens, Python and the libraries that are installed."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """Processor and number of logical cores, for the figures in the docs."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores"

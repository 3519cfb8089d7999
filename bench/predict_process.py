"""`leukolens predict` as users run it, in a venv with the base install alone: size, time, memory, for inference.py.

Every time is that of a whole process, from its start to its end. Linux only: memory is read from /proc.
"""

import json
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JUDGED = (0, 3)
"""Exit codes: all judged; some refused or unreadable."""
MARKS = (0.25, 0.5, 0.75, 0.99)
"""Shares of the files at which memory is told; with the last one's row the process begins to give its memory back."""
_POLL = 0.05
"""Seconds between two looks at the process."""
_INSTALLERS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "wheel")
"""What the venv brings itself, by the start of its names."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a venv's site-packages, in 10⁶ bytes, byte code with it."""

    all: float
    """Everything."""
    installers: float
    """Of that, pip and setuptools, which the venv brings."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Of one process, in 10⁶ bytes."""

    peak: float
    """VmHWM, the largest resident size at any time."""
    resident: tuple[float, ...]
    """VmRSS when the shares MARKS of the files had their row."""


def base_venv(folder: Path) -> Path:
    """The `leukolens` of a venv with this checkout's base install; made, or brought up to date, in `folder`."""
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    constraint = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([str(folder / "bin" / "python"), *install, *constraint, str(ROOT)], check=True)
    return folder / "bin" / "leukolens"


def versions(leukolens: Path) -> dict[str, str]:
    """Of what is installed beside it; another library than the base install's would stand among them."""
    code = "import json; from leukolens.base.provenance import versions; print(json.dumps(versions()))"
    found: dict[str, str] = json.loads(_output([str(leukolens.with_name("python")), "-c", code]))
    return found


def site_packages(leukolens: Path) -> Size:
    """What the venv's packages take on disk."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    folder = Path(_output([str(leukolens.with_name("python")), "-c", code]).strip())
    sizes = {path.relative_to(folder): path.lstat().st_size for path in folder.rglob("*") if path.is_file()}
    installers = sum(size for path, size in sizes.items() if path.parts[0].startswith(_INSTALLERS))
    return Size(all=sum(sizes.values()) / 1e6, installers=installers / 1e6)


def linked(files: Sequence[Path], folder: Path, count: int) -> Path:
    """`folder`, with `count` links to the files, in turn; each round in a folder of its own, under the cells' names."""
    for number in range(count):
        path = files[number % len(files)]
        place = folder / f"{number // len(files):03d}"
        place.mkdir(parents=True, exist_ok=True)
        (place / path.name).symlink_to(path.resolve())
    return folder


def seconds(leukolens: Path, images: Path, model: Path, csv: Path | None = None) -> float:
    """From the process's start to its end. csv: where its rows go; it must not exist."""
    command = _command(leukolens, images, model, csv)
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    spent = time.perf_counter() - started
    if done.returncode not in JUDGED:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return spent


def memory(leukolens: Path, images: Path, model: Path, csv: Path, count: int) -> Memory:
    """Of one run over `count` images, which the rows of `csv` tell how far it is."""
    command = _command(leukolens, images, model, csv)
    csv.touch()  # --resume goes on with an empty table; so it can be read from the start
    process = subprocess.Popen([*command, "--resume"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    looks: list[tuple[float, float, float]] = []
    with csv.open("rb") as rows:
        lines = 0
        while process.poll() is None:
            lines += rows.read().count(b"\n")
            if found := _status(process.pid):
                looks.append(((lines - 1) / count, *found))
            time.sleep(_POLL)
    if process.returncode not in JUDGED or not looks:
        sys.exit(f"{' '.join(command)} failed with exit code {process.returncode}")
    busy = [look for look in looks if look[0] < 1] or looks
    resident = tuple(next((rss for share, rss, _ in busy if share >= mark), busy[-1][1]) for mark in MARKS)
    return Memory(peak=looks[-1][2], resident=resident)


def _command(leukolens: Path, images: Path, model: Path, csv: Path | None) -> list[str]:
    table = [] if csv is None else ["--csv", str(csv)]
    return [str(leukolens), "predict", str(images), "--model", str(model), *table]


def _status(process: int) -> tuple[float, float] | None:
    """(VmRSS, VmHWM) in 10⁶ bytes; None when the process has just ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    facts = dict(line.split(":", 1) for line in lines)
    if "VmHWM" not in facts:
        return None
    rss, peak = (int(facts[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
    return rss, peak


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout

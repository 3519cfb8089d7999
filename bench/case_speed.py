"""What keeping a case costs: files per second and start-up of this version beside another one's --csv, in one run.

    python bench/case_speed.py CELLS --before ../version-0.1/src --files 500 --rounds 5

Each round runs all variants in turn, so that whatever else the machine does hits them alike; the medians of the rounds
are compared. Processor time (user and system of all threads) is printed too: it does not depend on other programs.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[1] / "src"


def run(source: Path, arguments: list[str]) -> tuple[float, float, float]:
    """Wall and processor seconds, and MB at its highest, of one `leukolens predict`."""
    environment = {**os.environ, "PYTHONPATH": str(source)}
    begun, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "leukolens", "predict", *arguments]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 3):  # 3: some cells were refused
        sys.exit(done.stderr)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return time.perf_counter() - begun, spent, now.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cells", type=Path, help="folder of cells, BMP")
    parser.add_argument("--before", type=Path, required=True, help="src of the version to compare with")
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    files = sorted(map(str, arguments.cells.rglob("*.bmp")))[: arguments.files]
    folder = Path(tempfile.mkdtemp(prefix="case-speed-"))
    try:
        measure(files, folder, arguments.before.resolve(), arguments.rounds)
    finally:
        shutil.rmtree(folder)


def measure(files: list[str], folder: Path, before: Path, rounds: int) -> None:
    """All variants, `rounds` times, and their medians."""
    day = folder / "day"
    day.mkdir()
    for file in files:
        (day / Path(file).name).symlink_to(file)
    variants: dict[str, tuple[Path, list[str]]] = {
        "before, --csv": (before, [str(day), "--csv", "{0}.csv"]),
        "now, --csv": (HERE, [str(day), "--csv", "{0}.csv"]),
        "now, --case --csv": (HERE, [str(day), "--case", "{0}.case", "--csv", "{0}.csv"]),
        "before, one file": (before, [files[0]]),
        "now, one file": (HERE, [files[0]]),
    }
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in variants}
    for number in range(rounds):
        for place, (name, (source, options)) in enumerate(variants.items()):
            out = str(folder / f"{number}-{place}")
            found[name].append(run(source, [option.replace("{0}", out) for option in options]))
    for name, runs in found.items():
        wall, spent, _ = (statistics.median(values) for values in zip(*runs, strict=True))
        rate = f"{len(files) / wall:7.1f} files/s" if "one file" not in name else ""
        print(f"{name:20s} {wall:7.2f} s  {spent:7.2f} s of processor {rate}")


if __name__ == "__main__":
    main()

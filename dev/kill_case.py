"""kill -9 at random moments of `leukolens predict --case`, then --resume: are the rows those of an undisturbed run?

    python dev/kill_case.py --files 2000 --kills 50 --seed 0

Two runs are made over the same generated cells (hard links to 96 of them, and a few broken files): one undisturbed, and
one that is killed `kills` times at moments drawn evenly over the time that the undisturbed one took, each time followed
by --resume. At the end the rows must be equal but for judged_at, the log must hold, and no answer that a killed run had
written may have been given again.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from leukolens import Case
from leukolens.cases.check import check
from leukolens.research.data.phantoms import PhantomSettings, write_phantoms

SOURCE = Path(__file__).resolve().parents[1] / "src"


def links(folder: Path, files: int) -> Path:
    """A folder of `files` cells, one in a hundred of them broken."""
    write_phantoms(folder / "drawn", PhantomSettings(folds=1, subjects=2, cells=12))
    drawn = sorted((folder / "drawn").rglob("*.bmp"))
    day = folder / "day"
    day.mkdir()
    for number in range(files):
        place = day / f"UID_{number % 7}_{number}_1_all.bmp"
        if number % 100 == 99:
            place.write_bytes(b"broken" * number)
        else:
            os.link(drawn[number % len(drawn)], place)
    return day


def run(day: Path, case: Path, *, resume: bool, model: Path | None, killed_after: float | None = None) -> bool:
    """One `leukolens predict`; whether it came to its end. killed_after: seconds."""
    command = [sys.executable, "-m", "leukolens", "predict", str(day), "--case", str(case)]
    command += ["--csv", f"{case}.csv"] + (["--resume"] if resume else []) + (["--model", str(model)] if model else [])
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _, said = process.communicate(timeout=killed_after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return False
    if process.returncode not in (0, 3):
        raise AssertionError(said)
    return True


def rows(case: Path) -> dict[str, dict[str, object]]:
    """Path → row; what a cut run has written so far."""
    if not Case.exists(case):
        return {}
    with Case.open(case) as opened:
        return {row.path: vars(row) for row in opened.rows()}


def kill_often(day: Path, folder: Path, *, kills: int, seed: int, model: Path | None = None) -> dict[str, int]:
    """Do it; raises AssertionError where anything differs. Returns what happened."""
    begun = time.monotonic()
    assert run(day, folder / "whole.case", resume=False, model=model)
    length = time.monotonic() - begun
    drawn = random.Random(seed)
    found = {"killed": 0, "ended": 0, "cases": 0}
    number, cut = 0, folder / "cut-0.case"
    while found["killed"] < kills:
        before = rows(cut)
        if run(day, cut, resume=True, model=model, killed_after=drawn.uniform(0, length)):
            found["ended"] += 1
            compare(folder / "whole.case", cut)
            number += 1
            cut = folder / f"cut-{number}.case"
            continue
        found["killed"] += 1
        after = rows(cut)
        assert all(after[path] == row for path, row in before.items() if row["sha256"])
    assert run(day, cut, resume=True, model=model)
    compare(folder / "whole.case", cut)
    return {**found, "cases": number + 1}


def compare(whole: Path, cut: Path) -> None:
    """The same rows in case and table, and a log that holds."""
    expected, found = rows(whole), rows(cut)
    assert list(found) == list(expected)
    for path, row in expected.items():
        assert {**found[path], "judged_at": ""} == {**row, "judged_at": ""}, path
    tables = [Path(f"{case}.csv").read_text().splitlines() for case in (whole, cut)]
    assert [line.rpartition(",")[0] for line in tables[0]] == [line.rpartition(",")[0] for line in tables[1]]
    with Case.open(cut) as opened:
        assert check(opened).findings == ()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kill-case-") as name:
        day = links(Path(name), arguments.files)
        found = kill_often(day, Path(name), kills=arguments.kills, seed=arguments.seed)
    print(f"{arguments.files} files, killed {found['killed']} times in {found['cases']} cases: all rows are equal")


if __name__ == "__main__":
    main()

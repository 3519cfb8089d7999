"""Files a second of each form of the model that ships: whole processes of `leukolens predict`, in turns.

    python bench/form_speed.py CNMC/fold_1 [--files 1000] [--rounds 5]

Every file is read once before the first measurement. A round has one process for each form; its rate is over that
round's float. Told: the median rate of each form, and the median ratio with the lowest and the highest.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from leukolens.base import provenance
from leukolens.model.form import FORMS, suited
from leukolens.model.network_file import NetworkFile

JUDGED = (0, 3)
"""Exit codes: all judged; some refused or unreadable."""


def files_a_second(form: str, paths: list[Path], table: Path) -> float:
    """From the start of the process to its end."""
    command = [sys.executable, "-m", "leukolens", "predict", str(paths[0].parent), "--form", form, "--csv", str(table)]
    start = time.perf_counter()
    done = subprocess.run([*command, "--quiet", "--force"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    spent = time.perf_counter() - start
    assert done.returncode in JUDGED, f"{form}: exit code {done.returncode}"
    return len(paths) / spent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cells", type=Path)
    options.add_argument("--files", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=5)
    args = options.parse_args()
    rates: dict[str, list[float]] = {form: [] for form in FORMS}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "cells"
        folder.mkdir()
        for path in sorted(args.cells.rglob("*.bmp"))[: args.files]:
            (folder / path.name).write_bytes(path.read_bytes())
        paths = sorted(folder.iterdir())
        for _ in range(args.rounds):
            for form, found in rates.items():
                found.append(files_a_second(form, paths, Path(temporary) / "cells.csv"))
    print(f"{len(paths)} files, {args.rounds} rounds; {provenance.machine()}; {suited().because}")
    print("| form | model | MB | files/s | over float (lowest–highest) |\n|---|---|---|---|---|")
    for form, path in FORMS.items():
        over = [mine / other for mine, other in zip(rates[form], rates["float"], strict=True)]
        model = NetworkFile(path, threads=1).card.model_id
        told = f"{statistics.median(over):.2f} ({min(over):.2f}–{max(over):.2f})"
        size = path.stat().st_size / 1e6
        print(f"| {form} | `{model}` | {size:.1f} | {statistics.median(rates[form]):.0f} | {told} |")


if __name__ == "__main__":
    main()

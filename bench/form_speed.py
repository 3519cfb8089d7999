"""Files a second of each form of the model that ships: whole processes of `leukolens predict`, in turns.

    python bench/form_speed.py CNMC/fold_1 [--files 1000] [--rounds 5]

Every file is read once before the first measurement. A round has one process for each form; its rate is over that
round's float. Told: the median rate of each form, and the median ratio with the lowest and the highest.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import predict_process

from leukolens.base import provenance
from leukolens.model.form import FORMS, Form, suited
from leukolens.model.network_file import NetworkFile


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cells", type=Path)
    options.add_argument("--files", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=5)
    args = options.parse_args()
    rates: dict[Form, list[float]] = {form: [] for form in FORMS}
    paths = sorted(args.cells.rglob("*.bmp"))[: args.files]
    for path in paths:
        path.read_bytes()
    leukolens = Path(sys.executable).with_name("leukolens")
    with tempfile.TemporaryDirectory() as temporary:
        images = predict_process.linked(paths, Path(temporary) / "cells", len(paths))
        for number in range(args.rounds):
            for form, found in rates.items():
                table = Path(temporary) / f"{form}-{number}.csv"
                found.append(len(paths) / predict_process.seconds(leukolens, images, FORMS[form], table))
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

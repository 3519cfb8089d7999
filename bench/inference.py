"""What judging cells costs, beside Keras and torch, in one run: the table of docs/results/performance.md.

    python bench/inference.py CNMC --model model.onnx --int8 model-int8.onnx
        [--litert model.tflite --litert-int8 model-int8.tflite] [--base-venv DIR] [--keras-venv DIR] [--files 2000]

Ours are whole processes of `leukolens predict` in a venv with the base install alone, their start included. The
alternatives are timed in their own venvs after their imports and a warm-up. These sides take turns, twice each; the
better turn of each counts. Every file was read once before, so that all read from memory. Progress goes to stderr.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import predict_process
from train_throughput import keras_venv

from leukolens.base.provenance import commit, machine
from leukolens.base.stream import cores
from leukolens.predict.classifier import Classifier
from leukolens.research import published as paper

HERE = Path(__file__).resolve().parent
STARTS = 10
"""Processes whose median is the time to the first answer, after one to warm up."""
RUNS = 200
"""Of a model on one cell."""
PAPER_MS = " (paper: {} on a PC, {} on Colab)".format(*paper.PREDICTION_MS.values())
FLAT = 10.0
"""MB. Memory is called flat when it grows by no more from a quarter of the files to nearly all."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the table."""

    what: str
    target: str = ""
    measured: str
    outcome: str = ""
    """'met' or 'missed' and measured / target; '' without a target."""

    def told(self) -> str:
        return f"| {self.what} | {self.target} | {self.measured} | {self.outcome} |"


def at_most(what: str, limit: float, unit: str, value: float, note: str = "") -> Line:
    outcome = f"{'met' if value <= limit else 'missed'}, × {value / limit:.2f}"
    return Line(what=what, target=f"≤ {limit:g} {unit}", measured=f"{number(value)} {unit}{note}", outcome=outcome)


def at_least(what: str, limit: float, unit: str, value: float, note: str = "") -> Line:
    outcome = f"{'met' if value >= limit else 'missed'}, × {value / limit:.2f}"
    return Line(what=what, target=f"≥ {limit:g} {unit}", measured=f"{number(value)} {unit}{note}", outcome=outcome)


def number(value: float) -> str:
    """Three digits, no more than two of them behind the point."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def main() -> None:
    args = arguments()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(args, Path(temporary))
        print("\n".join(bench.conditions(load)), flush=True)
        print("\n| what | target | measured | met, measured / target |\n|---|---|---|---|", flush=True)
        for part in (bench.size, bench.start, bench.rates, bench.latency, bench.files, bench.memory):
            say(part.__name__)
            for line in part():
                print(line.told(), flush=True)
        print(f"\nMeasured with {'; '.join(bench.with_what)}.")


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cnmc", type=Path, help="folder of C-NMC's .bmp files")
    options.add_argument("--model", type=Path, required=True, help="model.onnx")
    options.add_argument("--int8", type=Path, required=True, help="model-int8.onnx")
    options.add_argument("--litert", type=Path, help="model.tflite")
    options.add_argument("--litert-int8", type=Path, help="model-int8.tflite")
    options.add_argument("--base-venv", type=Path, help="made there, or brought up to date; default: a temporary one")
    options.add_argument("--keras-venv", type=Path, help="a venv with TensorFlow, as it is; default: a temporary one")
    options.add_argument("--files", type=int, default=2000, help="that LeukoLens judges for its rate")
    options.add_argument("--keras-files", type=int, default=100)
    options.add_argument("--torch-files", type=int, default=320)
    options.add_argument("--memory-files", type=int, default=10_000, help="links to --files in turn")
    return options.parse_args()


class Bench:
    """The parts of the table, in its order."""

    def __init__(self, args: argparse.Namespace, temporary: Path) -> None:
        self.args, self.temporary = args, temporary
        listed = sorted(args.cnmc.rglob("*.bmp"))
        if not listed:
            sys.exit(f"{args.cnmc}: holds no .bmp")
        self.cells = [listed[place * len(listed) // args.files] for place in range(min(args.files, len(listed)))]
        self.with_what: list[str] = []
        say("base venv")
        self.leukolens = predict_process.base_venv(args.base_venv or temporary / "base")
        self.keras = args.keras_venv / "bin" / "python" if args.keras_venv else keras_venv(temporary / "keras")
        say("reading every file once")
        for path in (*self.cells, args.model, args.int8):
            path.read_bytes()

    def conditions(self, load: float) -> list[str]:
        """Machine, code, files, models."""
        found = ", ".join(f"{name} {version}" for name, version in predict_process.versions(self.leukolens).items())
        return [
            f"- machine: {machine()}, {cores()} used; load average at the start {load:.2f}",
            f"- commit {commit()}, {datetime.now(UTC):%Y-%m-%d}; base venv: {found}",
            f"- {len(self.cells)} files of {self.args.cnmc.name}, each read once before the first measurement",
            *(f"- {name}: {facts(path)}" for name, path in (("float", self.args.model), ("int8", self.args.int8))),
        ]

    def size(self) -> list[Line]:
        found = predict_process.site_packages(self.leukolens)
        note = f" (of which pip and setuptools {found.installers:.0f})"
        return [at_most("base install, everything in site-packages", 200, "MB", found.all, note)]

    def start(self) -> list[Line]:
        def median(model: Path) -> float:
            cell = self.cells[0]
            spent = [predict_process.seconds(self.leukolens, cell, model) for _ in range(1 + STARTS)]
            return statistics.median(spent[1:])

        return [
            at_most("`leukolens predict one.bmp`, process start to answer", 0.6, "s", median(self.args.model)),
            Line(what="… int8", measured=f"{number(median(self.args.int8))} s"),
        ]

    def rates(self) -> list[Line]:
        images = predict_process.linked(self.cells, self.temporary / "rate", len(self.cells))
        sides: dict[str, Callable[[], float]] = {
            "int8": lambda: self._ours(images, self.args.int8),
            "float": lambda: self._ours(images, self.args.model),
            "keras": lambda: self._other(self.keras, "keras_inference.py", self.args.keras_files),
            "torch": lambda: self._other(Path(sys.executable), "torch_inference.py", self.args.torch_files),
        }
        best = dict.fromkeys(sides, 0.0)
        for turn in (1, 2):
            for side, rate in sides.items():
                found = rate()
                best[side] = max(best[side], found)
                say(f"turn {turn}  {side}  {found:.1f} files/s")
        int8, keras, torch = best["int8"], best["keras"], best["torch"]
        return [
            at_least("files a second end to end, int8", 400, "files/s", int8),
            Line(what="… float", measured=f"{number(best['float'])} files/s"),
            at_least("… int8 against Keras, one image at a time", 25, "×", int8 / keras, f" ({number(keras)} files/s)"),
            at_least("… int8 against torch, batches of 32", 3, "×", int8 / torch, f" ({number(torch)} files/s)"),
        ]

    def _ours(self, images: Path, model: Path) -> float:
        csv = self.temporary / "rows.csv"
        csv.unlink(missing_ok=True)
        return len(self.cells) / predict_process.seconds(self.leukolens, images, model, csv)

    def _other(self, python: Path, script: str, files: int) -> float:
        listing = self.temporary / "paths.txt"
        listing.write_text("\n".join(map(str, self.cells[:files])), encoding="utf-8")
        found = told([python, HERE / script, listing])
        return self._noted(found, "files_per_second")

    def _noted(self, found: dict[str, Any], name: str) -> float:
        """The figure of that name; with what it was measured is told once, under the table."""
        if found["what"] not in self.with_what:
            self.with_what.append(found["what"])
        return float(found[name])

    def latency(self) -> list[Line]:
        def milliseconds(model: Path, threads: int) -> float:
            found = told([sys.executable, HERE / "model_latency.py", model, self.cells[0], threads, RUNS])
            return self._noted(found, "milliseconds")

        a = self.args
        name = "one image through the model, one thread, ONNX Runtime"
        lines = [
            at_most(f"{name}, int8", 2.5, "ms", milliseconds(a.int8, 1), PAPER_MS),
            at_most(f"{name}, float", 6.5, "ms", milliseconds(a.model, 1)),
        ]
        others = [("ONNX Runtime, int8", a.int8, 2), ("ONNX Runtime, float", a.model, 2)]
        for threads in (1, 2):
            others += [("LiteRT, int8", a.litert_int8, threads), ("LiteRT, float", a.litert, threads)]
        for form, path, threads in others:
            if path is not None:
                what = f"… {form}, {threads} thread{'s' * (threads > 1)}"
                lines.append(Line(what=what, measured=f"{number(milliseconds(path, threads))} ms"))
        return lines

    def files(self) -> list[Line]:
        shipped = (("int8, .onnx", 4, self.args.int8), ("float, .onnx", 13, self.args.model))
        more = (("int8, .tflite", 4, self.args.litert_int8), ("float, .tflite", 13, self.args.litert))
        return [
            at_most(
                f"shipped file, {form}",
                limit,
                "MB",
                path.stat().st_size / 1e6,
                f" (paper: {paper.MODEL_MB})" * (limit == 13),
            )
            for form, limit, path in (*shipped, *more)
            if path is not None
        ]

    def memory(self) -> list[Line]:
        count = self.args.memory_files
        images = predict_process.linked(self.cells, self.temporary / "memory", count)
        lines = []
        for form, model in (("int8", self.args.int8), ("float", self.args.model)):
            table = self.temporary / f"memory-{form}.csv"
            found = predict_process.memory(self.leukolens, images, model, table, count)
            grown = found.resident[-1] - found.resident[0]
            shown = ", ".join(f"{size:.0f}" for size in found.resident)
            marks = ", ".join(f"{mark:.0%}" for mark in predict_process.MARKS)
            lines.append(at_most(f"peak memory, {count:,} files, {form}", 250, "MB", found.peak))
            outcome = "met" if grown <= FLAT else "missed"
            lines.append(
                Line(what=f"… at {marks} of them", target=f"flat: + {FLAT:g} MB", measured=shown, outcome=outcome)
            )
        return lines


def facts(path: Path) -> str:
    """Which model, and which checks of a cell travel with it: they take time too."""
    classifier = Classifier(path)
    limits = "none" if classifier.card.quality is None else "checked"
    reference = "none" if classifier.reference is None else "checked"
    return f"model `{classifier.card.model_id}`; limits on the image: {limits}; distance of the features: {reference}"


def told(command: list[object]) -> dict[str, Any]:
    """The JSON on the last line of a process's output."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[1]} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

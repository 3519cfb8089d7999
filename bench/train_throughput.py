"""Images a second of the whole training step, augmentation included: LeukoLens beside Keras's own pipeline, in one run.

    python bench/train_throughput.py [--cells DIR] [--keras-python PATH]

Keras's side is what the paper describes: ImageDataGenerator with the same ranges and keras.applications.MobileNet on
TensorFlow, same batch of 16, same head. It runs in a venv of its own (made here when --keras-python is not given), so
that neither installation touches the other. The sides take turns, twice each; the better turn of each counts.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
KERAS = ("tensorflow-cpu==2.21.*", "scipy", "pillow")  # ImageDataGenerator warps with scipy and brightens with Pillow


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cells", type=Path, help="folder of cells; default: generated ones")
    options.add_argument("--keras-python", type=Path, help="python of a venv with TensorFlow and scipy")
    options.add_argument("--steps", type=int, default=40, help="measured steps a turn, after 15 to warm up")
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keras = args.keras_python or keras_venv(Path(folder) / "keras")
        store = Path(folder) / "cells.npz"
        prepare(args.cells, Path(folder), store)
        sides = {"keras": (keras, "keras_step.py"), "leukolens": (Path(sys.executable), "leukolens_step.py")}
        best = dict.fromkeys(sides, 0.0)
        for turn in (1, 2):
            for side, (python, script) in sides.items():
                command = [str(python), str(HERE / script), str(store), str(args.steps)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    sys.exit(f"{side} failed:\n{done.stderr[-2000:]}")
                facts = json.loads(done.stdout.splitlines()[-1])
                best[side] = max(best[side], facts["images_per_second"])
                print(
                    f"turn {turn}  {side:10s} {facts['images_per_second']:6.1f} images/s  ({facts['what']})", flush=True
                )
    from leukolens.base.provenance import machine

    print(f"LeukoLens / Keras = {best['leukolens'] / best['keras']:.2f} on {machine()}")


def keras_venv(folder: Path) -> Path:
    """A fresh venv with TensorFlow."""
    print("installing TensorFlow into a venv of its own …", flush=True)
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *KERAS], check=True)
    return python


def prepare(cells: Path | None, folder: Path, store: Path) -> None:
    """The same 320 preprocessed cells for both sides: arrays 'rgb' (N, 224, 224, 3) uint8 and 'labels' (N,)."""
    from leukolens.model.preprocess import Preprocess
    from leukolens.research.data.cell import labels_of
    from leukolens.research.data.index import index
    from leukolens.research.data.phantoms import PhantomSettings, write_phantoms
    from leukolens.research.data.store import open_store

    if cells is None:
        cells = folder / "cells"
        write_phantoms(cells, PhantomSettings(folds=1, subjects=8, cells=20))
    listed = index(cells).cells
    chosen = listed[:: max(1, len(listed) // 320)][:320]
    found = open_store(chosen, Preprocess(), cache=folder / "cache")
    np.savez(store, rgb=found.pixels, labels=labels_of(chosen))


if __name__ == "__main__":
    main()

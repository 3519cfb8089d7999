"""Whether two commits train the same weights: two epochs of each recipe on the same real cells, tensor by tensor.

    python dev/compare_training.py CNMC [--before 38ecc74] [--after HEAD] [--cells 200] [--epochs 2] [--init random]

Each commit is checked out beside the repository and trains in a process of its own, one thread, seed 0. CNMC holds
fold_0 and fold_1 with the published BMP files; the first cells of fold 0 by name are taken, as many of each class.
Exits 1 when a tensor differs.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from safetensors.numpy import load_file

ROOT = Path(__file__).resolve().parents[1]
RECIPES = {
    "paper": (),
    "leukolens": ("schedule=cosine", "refit=0.1", "augmentation.grey=0.1"),
}
"""Settings that make of the paper's recipe each of `research.recipes`."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cnmc", type=Path)
    options.add_argument("--before", default="38ecc74")
    options.add_argument("--after", default="HEAD")
    options.add_argument("--cells", type=int, default=200)
    options.add_argument("--epochs", type=int, default=2)
    options.add_argument("--init", default="random")
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        chosen(args.cnmc, args.cells, place / "cells")
        sources = {commit: checked_out(commit, place) for commit in (args.before, args.after)}
        same = True
        for recipe, settings in RECIPES.items():
            found = []
            for number, source in enumerate(sources.values()):
                out = place / f"{recipe}-{number}"
                train(source, place / "cells", out, epochs=args.epochs, init=args.init, settings=settings)
                found.append(digests(out / "model.safetensors"))
            differing = [name for name in found[0] | found[1] if found[0].get(name) != found[1].get(name)]
            same &= not differing
            verdict = (
                f"{len(differing)} tensors differ: {', '.join(differing[:5])}" if differing else "the same weights"
            )
            print(f"{recipe}: {len(found[0])} tensors, {verdict}, sha256 {digest(found[0])} and {digest(found[1])}")
    sys.exit(not same)


def chosen(cnmc: Path, count: int, to: Path) -> None:
    """Links to the first cells of fold 0 by name, half of each class."""
    for label in ("all", "hem"):
        folder = to / "fold_0" / label
        folder.mkdir(parents=True)
        for path in sorted((cnmc / "fold_0" / label).iterdir())[: count // 2]:
            (folder / path.name).symlink_to(path.resolve())


def checked_out(commit: str, place: Path) -> Path:
    """The commit's package, in a folder of its own."""
    to = place / commit
    to.mkdir()
    archive = subprocess.run(["git", "-C", ROOT, "archive", commit, "src"], capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", to], input=archive.stdout, check=True)
    return to / "src"


def train(source: Path, cells: Path, out: Path, *, epochs: int, init: str, settings: tuple[str, ...]) -> None:
    """`leukolens train` of that source."""
    command = [sys.executable, "-m", "leukolens", "train", str(cells), "--out", str(out)]
    command += ["--epochs", str(epochs), "--init", init]
    for setting in settings:
        command += ["--set", setting]
    environment = os.environ | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def digests(path: Path) -> dict[str, str]:
    """SHA-256 of each tensor's shape, kind and bytes."""
    return {
        name: hashlib.sha256(f"{tensor.shape} {tensor.dtype}".encode() + tensor.tobytes()).hexdigest()
        for name, tensor in load_file(path).items()
    }


def digest(tensors: dict[str, str]) -> str:
    """One for all of them."""
    return hashlib.sha256(repr(sorted(tensors.items())).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()

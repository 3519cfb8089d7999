"""Where the time of judging an image goes, on one core and on two: docs/results/performance.md.

    python bench/predict_stages.py CNMC [--model model-int8.onnx] [--images 200]

Each stage by itself over the same images, everything in memory, mean milliseconds an image after a warm-up: by one
thread, and by two at once (per image, so that half would be ideal). What loses in the last column holds Python's lock.
The last two lines are the Classifier's own way: threads in turns before the network, and without turns.
"""

import argparse
import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

from leukolens.cells.quality import measure
from leukolens.images.decode import decode, read_file
from leukolens.model.network_file import SHIPPED_INT8, as_input
from leukolens.model.preprocess import to_network
from leukolens.predict.classifier import Classifier

REPEATS = 2


def milliseconds(stage: Callable[[int], object], images: int, threads: int) -> float:
    """Of an image, when every thread takes all images REPEATS times."""

    def work() -> None:
        for _ in range(REPEATS):
            for number in range(images):
                stage(number)

    stage(0)
    running = [threading.Thread(target=work) for _ in range(threads)]
    start = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return 1000 * (time.perf_counter() - start) / (REPEATS * images * threads)


def judging(model: Path, paths: list[Path], *, turns: bool) -> float:
    """Milliseconds an image, two threads."""
    classifier = Classifier(model, threads=2)
    if not turns:
        classifier._looking = threading.Semaphore(2)
    list(classifier(paths[:20]))
    start = time.perf_counter()
    for _ in range(REPEATS):
        list(classifier(paths))
    return 1000 * (time.perf_counter() - start) / (REPEATS * len(paths))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cnmc", type=Path)
    options.add_argument("--model", type=Path, default=SHIPPED_INT8)
    options.add_argument("--images", type=int, default=200)
    args = options.parse_args()
    listed = sorted(args.cnmc.rglob("*.bmp"))
    paths = listed[:: max(1, len(listed) // args.images)][: args.images]
    classifier = Classifier(args.model)
    preprocess = classifier.card.preprocess
    data = [read_file(path) for path in paths]
    images = [decode(one, name="cell") for one in data]
    pixels = [to_network(image, preprocess, name="cell") for image in images]
    ready = [as_input([one]) for one in pixels]
    scores = [classifier.scores(one) for one in ready]
    stages: dict[str, Callable[[int], object]] = {
        "read": lambda n: read_file(paths[n]),
        "SHA-256": lambda n: hashlib.sha256(data[n]).hexdigest(),
        "decode": lambda n: decode(data[n], name="cell"),
        "limits on the image": lambda n: measure(images[n]),
        "crop and resize": lambda n: to_network(images[n], preprocess, name="cell"),
        "the model's input": lambda n: as_input([pixels[n]]),
        "network": lambda n: classifier.scores(ready[n]),
        "distance": lambda n: classifier._unlike(scores[n]),
    }
    print("| stage | one thread, ms | two threads, ms an image |\n|---|---|---|")
    for name, stage in stages.items():
        alone, both = (milliseconds(stage, len(paths), threads) for threads in (1, 2))
        print(f"| {name} | {alone:.2f} | {both:.2f} |", flush=True)
    for name, turns in (("all, in turns", True), ("all, without turns", False)):
        print(f"| {name} |  | {judging(args.model, paths, turns=turns):.2f} |", flush=True)


if __name__ == "__main__":
    main()

"""What an archive costs: files a second by one worker and by two, a worker's memory, and the driver's list.

    python bench/archive_speed.py CELLS --files 2000 --more 8000 --rounds 3 [--beside pool] [--beside dask]
    python bench/archive_speed.py CELLS --listed 1000000
    python bench/archive_speed.py CELLS --sizes 90

CELLS is a folder of cut-outs; an archive of N files is N links to them, in folders of a thousand. The rate is that of
the files by which `--more` exceeds `--files`: what starts once (Ray, the model) is in neither. One worker runs on one
core, with all that hands it work, and again where it has two: it then fetches on the other. Rounds take all variants in
turn, so that whatever else the machine does hits them alike. A worker's memory is its resident set as Ray's processes
show it, read every half second. `--beside` hands the same parts to concurrent.futures' processes or to Dask's.
`--sizes` takes cells at even distances.
"""

import argparse
import contextlib
import io
import itertools
import os
import resource
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from leukolens.archive.files import list_files
from leukolens.archive.parts import judge_part, packed, parts_of
from leukolens.archive.run import Common, judge_archive, write_part
from leukolens.images.decode import decode
from leukolens.model.network_file import SHIPPED, SHIPPED_INT8
from leukolens.predict.classifier import Classifier

Way = Callable[[Path, Path, Path, int], None]
"""Folder of cells, folder of answers, model, workers."""


def archive(cells: Path, folder: Path, files: int) -> Path:
    """`files` links to the cells, each of another name."""
    found = itertools.cycle(sorted(cells.rglob("*.bmp")))
    for number in range(files):
        if number % 1000 == 0:
            inside = folder / f"{number // 1000:04d}"
            inside.mkdir(parents=True)
        cell = next(found)
        (inside / f"{number:07d}_{cell.name}").symlink_to(cell)
    return folder


def by_ray(day: Path, out: Path, model: Path, workers: int) -> None:
    judge_archive([str(day)], str(out), model=model, workers=workers)


def _asked(day: Path, out: Path, model: Path) -> tuple[list[tuple[object, dict[str, str]]], Common]:
    out.mkdir()
    common = Common(model=model.read_bytes(), out=str(out), um_per_px=None)
    parts = parts_of(list_files([str(day)]))
    return [(part, {file.url: "" for file in part.files}) for part in parts], common


def by_pool(day: Path, out: Path, model: Path, workers: int) -> None:
    asked, common = _asked(day, out, model)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(write_part, one, common) for one in asked]):  # type: ignore[arg-type]
            done.result()


def by_dask(day: Path, out: Path, model: Path, workers: int) -> None:
    from dask import distributed  # type: ignore[import-not-found]  # of no extra: pip install 'dask[distributed]'

    asked, common = _asked(day, out, model)
    local: dict[str, Any] = {"dashboard_address": None, "host": "127.0.0.1", "threads_per_worker": 1}
    with distributed.LocalCluster(n_workers=workers, **local) as cluster, distributed.Client(cluster) as client:
        shared = client.scatter(common, broadcast=True)
        for done in distributed.as_completed([client.submit(write_part, one, shared, pure=False) for one in asked]):
            done.result()


WAYS: dict[str, Way] = {"ray": by_ray, "pool": by_pool, "dask": by_dask}


@contextlib.contextmanager
def workers_watched(every: float = 0.5) -> Iterator[list[float]]:
    """MB of the largest of Ray's workers at each look."""
    seen: list[float] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(every):
            seen.append(max((_resident(int(name)) for name in os.listdir("/proc") if name.isdigit()), default=0.0))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def _resident(process: int) -> float:
    """MB; 0 for what is not a worker of Ray, or is gone."""
    try:
        if not Path(f"/proc/{process}/cmdline").read_bytes().startswith(b"ray::"):
            return 0.0
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / 1e6


@contextlib.contextmanager
def on_cores(count: int) -> Iterator[None]:
    """This process, and what it starts, on so many of the cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way of judging an archive."""

    name: str
    """Of WAYS."""
    workers: int
    cores: int

    def __str__(self) -> str:
        return f"{self.name}, workers {self.workers}, cores {self.cores}"


def measure(cells: Path, folder: Path, *, files: int, more: int, rounds: int, model: Path, beside: list[str]) -> None:
    """Both archives by every variant, `rounds` times; prints rates and memory."""
    days = {count: archive(cells, folder / f"day-{count}", count) for count in (files, more)}
    one, two = Variant(name="ray", workers=1, cores=1), Variant(name="ray", workers=2, cores=2)
    variants = [one, replace(one, cores=2), two, *(replace(two, name=name) for name in beside)]
    seconds: dict[tuple[Variant, int], list[float]] = {}
    memory: dict[tuple[Variant, int], list[float]] = {}
    for number, variant, count in itertools.product(range(rounds), variants, days):
        out = folder / f"out-{number}-{variant}-{count}"
        begun = time.perf_counter()
        with workers_watched() as seen, on_cores(variant.cores):
            WAYS[variant.name](days[count], out, model, variant.workers)
        seconds.setdefault((variant, count), []).append(time.perf_counter() - begun)
        memory.setdefault((variant, count), []).append(max(seen, default=0.0))
        shutil.rmtree(out)
    rates = {}
    for variant in variants:
        few, many = (statistics.median(seconds[variant, count]) for count in (files, more))
        rates[variant] = (more - files) / (many - few)
        largest = " and ".join(f"{max(memory[variant, count]):.0f}" for count in (files, more))
        print(
            f"{variant}: {rates[variant]:.1f} files/s; {few:.1f} and {many:.1f} s in all; largest worker {largest} MB"
        )
    print(f"two workers on two cores / one on one: {rates[two] / rates[one]:.2f}")


def listing(cells: Path, folder: Path, files: int) -> None:
    """What the driver holds of an archive before the first part is handed out."""
    day = archive(cells, folder / "day", files)
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    parts = sum(1 for _ in parts_of(list_files([str(day)])))
    held = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{files} files listed as {parts} parts in {time.perf_counter() - begun:.1f} s, {held:.0f} MB more")


def sizes(cells: Path, count: int) -> None:
    """Bytes a cell, as it comes and as PNG, with the time of decoding; and of its answer, 256 in a part."""
    found = sorted(cells.rglob("*.bmp"))
    chosen = found[:: len(found) // count][:count]
    forms: dict[str, list[bytes]] = {"as it comes": [cell.read_bytes() for cell in chosen], "PNG": []}
    for data in forms["as it comes"]:
        png = io.BytesIO()
        decode(data, name="cell").save(png, "PNG")
        forms["PNG"].append(png.getvalue())
    for form, files in forms.items():
        begun = time.process_time()
        for data in files:
            decode(data, name="cell")
        spent = 1000 * (time.process_time() - begun) / len(files)
        print(f"{form}: {sum(map(len, files)) / len(files) / 1000:.1f} kB a cell, {spent:.2f} ms to decode")
    part = next(parts_of(list_files([str(cells)])))
    rows = judge_part(part, Classifier(SHIPPED_INT8), patients={file.url: "" for file in part.files})
    print(f"answers: {len(packed(rows)) / len(part.files):.0f} bytes a cell")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cells", type=Path)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--more", type=int, default=8000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--int8", action="store_true", help="the shipped int8 model instead of float")
    parser.add_argument("--beside", action="append", choices=["pool", "dask"], default=[])
    parser.add_argument("--listed", type=int, help="only list an archive of so many files")
    parser.add_argument("--sizes", type=int, help="only measure so many cells and their answers")
    options = parser.parse_args()
    if options.sizes:
        sizes(options.cells.resolve(), options.sizes)
        return
    with tempfile.TemporaryDirectory(prefix="archive-speed-") as place:
        if options.listed:
            listing(options.cells.resolve(), Path(place), options.listed)
        else:
            model = SHIPPED_INT8 if options.int8 else SHIPPED
            amounts = {"files": options.files, "more": options.more, "rounds": options.rounds}
            measure(options.cells.resolve(), Path(place), model=model, beside=options.beside, **amounts)


if __name__ == "__main__":
    main()

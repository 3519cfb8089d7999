"""What `predict` answers to whole pictures of sources that it was not trained on: who is judged, who is held back."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from finding_sources import PBC_UM_PER_PX, camera_of, rgb_of
from PIL import Image
from sklearn.metrics import roc_auc_score

from leukolens import Classifier
from leukolens.adapt.field_cells import middle_one
from leukolens.model.network_file import SHIPPED
from leukolens.predict.prediction import Judgement, Prediction


def red_cells_alone(data: Path, classifier: Classifier, *, every: int) -> None:
    """Chula."""
    paths = sorted((data / "fields" / "chula" / "dataset").glob("*.jpg"))[::every]
    judged = [sum(one.p_all is not None for one in each.predictions) for each in classifier.judge(paths)]
    print(
        f"chula: {sum(count > 0 for count in judged)} of {len(paths)} fields with a judged cell ({sum(judged)} cells)"
    )


def kinds(data: Path, classifier: Classifier, *, every: int) -> None:
    """pbc_subset: the cell in the middle of each picture."""
    print("\n| pbc_subset | cells | found | held back by kind | judged |")
    print("|---|---|---|---|---|")
    for folder in sorted((data / "pbc_subset").iterdir()):
        if folder.name == "platelet" or not folder.is_dir():
            continue
        paths = sorted(folder.glob("*.jpg"))[::every]
        cells = middles(classifier, paths, um_per_px=PBC_UM_PER_PX)
        there = [cell for cell in cells if cell is not None]
        held, judged = sum(cell.kind != "lymphoid" for cell in there), sum(cell.p_all is not None for cell in there)
        print(f"| {folder.name} | {len(paths)} | {len(there)} | {held} | {judged} |", flush=True)


def middles(
    classifier: Classifier, paths: Sequence[Path], *, um_per_px: float | None = None
) -> list[Prediction | None]:
    """What is said of the cell in each picture's middle; None where none is found there."""
    return [middle(judgement) for judgement in classifier.judge(paths, um_per_px=um_per_px)]


def middle(judgement: Judgement) -> Prediction | None:
    cells = {id(one.found): one for one in judgement.predictions if one.found is not None}
    if judgement.field is None:
        return None
    found = middle_one(tuple(one.found for one in cells.values() if one.found), judgement.field.size[::-1])
    return None if found is None else cells[id(found)]


def blasts(data: Path, classifier: Classifier, *, every: int) -> None:
    """ALL-IDB2: blasts against normal white cells of any kind; a cell held back by its kind counts as not a blast.

    Half of its pictures show too few red cells for a scale, so each of its two cameras, told by the colour of its
    light, gets the median of those that do, as its laboratory would give it.
    """
    folder = data / "fields" / "allidb2"
    paths = [path for name in ("all", "hem") for path in sorted((folder / name).iterdir())[::every]]
    scales = np.array([_scale(each) for each in classifier.judge(paths)])
    cameras = np.array([camera_of(rgb_of(path)) for path in paths])
    cells: dict[Path, Prediction | None] = {}
    for camera in (cameras == name for name in sorted(set(cameras))):
        scale = float(np.nanmedian(scales[camera]))
        mine = [path for path, taken in zip(paths, camera, strict=True) if taken]
        cells |= zip(mine, middles(classifier, mine, um_per_px=scale), strict=True)
        tell = np.isfinite(scales[camera]).sum()
        print(f"\nallidb2, a camera at {scale:.3f} µm per px ({tell} of {len(mine)} pictures tell a scale)", end="")
    truths, scores, why = [], [], Counter[str]()
    for path, cell in cells.items():
        if cell is not None and (cell.p_all is not None or cell.kind not in ("lymphoid", "cut")):
            truths.append(path.parent.name == "all")
            scores.append(0.0 if cell.p_all is None else cell.p_all)
            why[f"{path.parent.name} {'held back by kind' if cell.p_all is None else 'judged'}"] += 1
        else:
            why[f"{path.parent.name} {'not found' if cell is None else cell.reason.partition(' (')[0]}"] += 1
    share = len(truths) / len(paths)
    print(f"\nallidb2: AUROC {roc_auc_score(truths, scores):.3f}, {share:.0%} answered or held back by kind")
    for name, count in sorted(why.items()):
        print(f"  {count:3d} {name}")


def _scale(judgement: Judgement) -> float:
    """µm per px; nan where nothing tells it."""
    field = judgement.field
    return float("nan") if field is None or field.um_per_px is None else field.um_per_px


def too_coarse(data: Path, classifier: Classifier, *, every: int) -> None:
    """Taleqani: a cell is 22 px across."""
    paths = sorted((data / "fields" / "taleqani").glob("*/*"))[::every]
    answers = [one for each in classifier.judge(paths) for one in each.predictions]
    found, judged = sum(one.cell is not None for one in answers), sum(one.p_all is not None for one in answers)
    scale = sum("too coarse" in one.reason or "scale" in one.reason for one in answers)
    print(f"\ntaleqani: {found} cells found in {len(paths)} fields, {judged} judged; {scale} name the scale")


PREDICT = """
import atexit, sys
from leukolens.cli import main
atexit.register(lambda: print(open("/proc/self/status").read(), file=sys.stderr))
main()
"""
"""`leukolens` telling its own peak: what the kernel tells of a child holds the memory of the process it came from."""


def camera_field(data: Path) -> None:
    """Time and memory of `leukolens predict` on one photograph of 10 megapixels, beside the time of decoding it."""
    path = sorted((data / "fields" / "all_fields" / "peybey").iterdir())[1]
    began = time.process_time()
    with Image.open(path) as image:
        image.load()
    decoding = time.process_time() - began
    classifier = Classifier(SHIPPED)
    list(classifier.judge([path]))  # once, so that networks are loaded
    began, wall = time.process_time(), time.perf_counter()
    (judgement,) = classifier.judge([path])
    spent, wall = time.process_time() - began, time.perf_counter() - wall
    done = subprocess.run([sys.executable, "-c", PREDICT, "predict", path], capture_output=True, text=True, check=False)
    memory = int(done.stderr.rpartition("VmHWM:")[2].split()[0]) / 1000
    judged = sum(one.p_all is not None for one in judgement.predictions)
    print(
        f"\npeybey {path.name}: {len(judgement.predictions)} cells, {judged} judged; decoding {decoding:.2f} s, ",
        end="",
    )
    print(f"all {spent:.2f} s of processor time ({wall:.2f} s on the clock), {memory:.0f} MB by `predict`")


def camera_fields(data: Path, classifier: Classifier) -> None:
    """PeyBey's blasts."""
    paths = sorted((data / "fields" / "all_fields" / "peybey").iterdir())
    for path, judgement in zip(paths, classifier.judge(paths), strict=True):
        said = Counter(one.verdict if one.p_all is not None else one.kind for one in judgement.predictions)
        print(f"peybey {path.name}: {len(judgement.predictions)} cells: {dict(said)}")

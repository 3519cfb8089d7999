"""What the quality checks and the distance in feature space refuse, apart and together, and why.

python studies/refusal.py RUN --cnmc DIR [--pbc DIR] [--every 40]

RUN: a run of `leukolens train --fold K` whose network gives features; the reference is fitted on its training cells
and the limit on its validation cells, as at an export. DIR of --cnmc holds fold_0 and fold_1 as `unpack_cnmc.py` writes
them: the other fold's cells are the held-out ones, and every nth of them (--every) is spoiled. DIR of --pbc holds a
folder for each kind of cell (Acevedo et al. 2020). 'At 1.5 %' is the limit that refuses 1.5 % of the held-out cells.
"""

import argparse
import csv
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from spoiled import HARMLESS, SPOILED, Rgb, other_laboratory

from leukolens.base.provenance import machine
from leukolens.cells.quality import QualityLimits, measure, refusals
from leukolens.images.decode import read_rgb
from leukolens.model.distance import FeatureReference, at_level, fit_reference
from leukolens.model.network_file import as_input
from leukolens.model.preprocess import to_network
from leukolens.predict.classifier import Classifier
from leukolens.research.data.cell import Cell
from leukolens.research.data.index import index

Values = NDArray[np.float64]


@dataclass
class Judged:
    """One kind of image."""

    refused: list[bool] = field(default_factory=list)
    """By the quality check, for each image."""
    reasons: Counter[str] = field(default_factory=Counter)
    features: list[NDArray[np.float32]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """Of the quality check, without decoding."""

    def distances(self, reference: FeatureReference) -> Values:
        return reference.distance(np.concatenate(self.features))


def judge(images: Iterable[Rgb], classifier: Classifier, found: Judged | None = None) -> Judged:
    """found: what these are added to."""
    found, waiting = found or Judged(), []
    for rgb in images:
        before = time.perf_counter()
        reasons = refusals(measure(rgb), QualityLimits())
        found.seconds.append(time.perf_counter() - before)
        found.refused.append(bool(reasons))
        found.reasons.update(refusal.kind for refusal in reasons)
        waiting.append(to_network(rgb, classifier.card.preprocess, name="an image"))
        if len(waiting) == classifier.batch:
            found.features.append(features(waiting, classifier))
            waiting = []
    if waiting:
        found.features.append(features(waiting, classifier))
    return found


def features(pixels: list[Rgb], classifier: Classifier) -> NDArray[np.float32]:
    found = classifier.scores(as_input(pixels)).features
    if found is None:
        raise SystemExit("the network of that run gives no features")
    return found


class Table:
    """Refused by quality, by distance, by either; and how well the distance alone parts them from the unseen."""

    def __init__(self, title: str, reference: FeatureReference, unseen: Values) -> None:
        self.reference, self.unseen = reference, unseen
        self.stricter = float(np.quantile(unseen, 0.985))
        columns = (
            "images",
            "quality",
            "distance",
            "either",
            "distance at 1.5 %",
            "AUROC of distance",
            "quality's reasons",
        )
        print(f"\n| {title} | {' | '.join(columns)} |\n|{'---|' * (1 + len(columns))}")

    def row(self, name: str, judged: Judged) -> None:
        distance, quality = judged.distances(self.reference), np.array(judged.refused)
        far = distance > self.reference.limit
        auroc = roc_auc_score(np.repeat([0, 1], [len(self.unseen), len(distance)]), np.append(self.unseen, distance))
        shares = (quality.mean(), far.mean(), (quality | far).mean(), (distance > self.stricter).mean())
        reasons = ", ".join(f"{kind} {100 * count / len(far):.1f}" for kind, count in judged.reasons.most_common())
        metrics = " | ".join(f"{100 * share:.2f} %" for share in shares)
        print(f"| {name} | {len(far)} | {metrics} | {auroc:.3f} | {reasons or '–'} |", flush=True)


def as_they_are(cells: tuple[Cell, ...], by_cell: Judged, reference: FeatureReference, parts: dict[str, str]) -> None:
    """The cells of C-NMC by fold, by part of the run, and the subjects of whom most is refused."""
    places = np.array([parts.get(cell.name, "unseen") for cell in cells])
    quality, distance = np.array(by_cell.refused), by_cell.distances(reference)
    far = distance > reference.limit
    print("\n| C-NMC as it is | cells | quality | distance | either |\n|---|---|---|---|---|")
    groups = {part: places == part for part in ("train", "val", "test", "unseen")}
    labels = np.array([cell.label for cell in cells])
    groups |= {f"unseen, {label.upper()}": groups["unseen"] & (labels == label) for label in ("all", "hem")}
    groups |= {f"fold {fold}": np.array([cell.fold == fold for cell in cells]) for fold in "01"}
    subjects = {
        f"held-out subject {cell.subject}" for cell, place in zip(cells, places, strict=True) if place == "unseen"
    }
    named = np.array([f"held-out subject {cell.subject}" for cell in cells])
    worst = sorted(subjects, key=lambda name: -(quality | far)[named == name].mean())[:6]
    groups |= {name: named == name for name in worst}
    for name, mine in groups.items():
        shares = " | ".join(f"{100 * found[mine].mean():.2f} %" for found in (quality, far, quality | far))
        print(f"| {name} | {mine.sum()} | {shares} |")
    _halves(cells, places == "unseen", by_cell, reference)
    low, middle, high = np.quantile(by_cell.seconds, (0.05, 0.5, 0.95)) * 1e3
    print(
        f"\nQuality: {middle:.2f} ms an image (5–95 %: {low:.2f}–{high:.2f}) without decoding, one core of {machine()}"
    )


def _halves(cells: tuple[Cell, ...], unseen: NDArray[np.bool_], by_cell: Judged, reference: FeatureReference) -> None:
    """The limit from every second held-out subject, judged on the others: as if validation had subjects of its own."""
    subjects = sorted({str(cell.subject) for cell, mine in zip(cells, unseen, strict=True) if mine})
    found, quality = np.concatenate(by_cell.features), np.array(by_cell.refused)
    for half in (0, 1):
        first = unseen & np.isin([str(cell.subject) for cell in cells], subjects[half::2])
        second = unseen & ~first
        other = at_level(reference, found[first])
        far = other.distance(found[second]) > other.limit
        print(
            f"\nLimit from half of the held-out subjects ({first.sum()} cells), judged on {second.sum()} others: "
            f"distance refuses {100 * far.mean():.2f} %, either {100 * (far | quality[second]).mean():.2f} %"
        )


def spoil(kinds: dict[str, Callable[[Rgb, Rgb], Rgb]], chosen: list[Rgb], classifier: Classifier, table: Table) -> None:
    """Each cell, with the next as the second of a pair."""
    others = chosen[1:] + chosen[:1]
    for name, change in kinds.items():
        images = (np.asarray(change(rgb, other)) for rgb, other in zip(chosen, others, strict=True))
        table.row(name, judge(images, classifier))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=Path, help="folder with model.onnx and split.csv")
    options.add_argument("--cnmc", type=Path, required=True, help="folder with fold_0 and fold_1")
    options.add_argument("--pbc", type=Path, help="folder of another laboratory's cells")
    options.add_argument("--every", type=int, default=40, help="spoil each of that many held-out cells")
    args = options.parse_args()
    classifier, cells = Classifier(args.run / "model.onnx", threads=1), index(args.cnmc).cells
    with (args.run / "split.csv").open(newline="", encoding="utf-8") as file:
        parts = {line["name"]: line["part"] for line in csv.DictReader(file)}
    by_cell = judge((read_rgb(cell.path) for cell in cells), classifier)
    found = np.concatenate(by_cell.features)
    place = np.array([parts.get(cell.name, "unseen") for cell in cells])
    reference = fit_reference(found[place == "train"], found[place == "val"])
    unseen = reference.distance(found[place == "unseen"])
    size = len(reference.to_json()) / 1e3
    print(f"Model {classifier.card.model_id}, limit {reference.limit:.3f}, stored in {size:.0f} kB")
    as_they_are(cells, by_cell, reference, parts)
    if args.pbc:
        table = Table("another laboratory's cells", reference, unseen)
        kinds: defaultdict[str, Judged] = defaultdict(Judged)
        for path in sorted(args.pbc.rglob("*.jpg")):
            for name, rgb in other_laboratory(read_rgb(path)):
                judge([rgb], classifier, kinds[name])
        for name, judged in kinds.items():
            table.row(name, judged)
    apart = [cell for cell, where in zip(cells, place, strict=True) if where == "unseen"]
    chosen = [read_rgb(cell.path) for cell in apart[:: args.every]]
    spoil(SPOILED, chosen, classifier, Table("held-out cells, spoiled", reference, unseen))
    spoil(HARMLESS, chosen, classifier, Table("held-out cells, changed, still cells", reference, unseen))


if __name__ == "__main__":
    main()

"""Tables 1–11 of Makem et al. 2025: paper | measured | difference, from the code and the runs, never typed in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from leukolens.research import published as paper
from leukolens.research.augment.batches import balanced
from leukolens.research.data.cell import labels_of
from leukolens.research.data.split import PARTS, Split, count
from leukolens.research.data.store import CellStore
from leukolens.research.evaluate.blocks import Table
from leukolens.research.makem2025.results import Result
from leukolens.research.networks.mobilenet import MobileNetM, layer_table, non_trainable, trainable
from leukolens.research.settings import Augmentation, TrainSettings
from leukolens.research.train.history import kept_epoch

NOISE_FIGURES = {
    "macro_precision": "precision",
    "balanced_accuracy": "balanced_accuracy",
    "macro_f1": "f1",
    "accuracy": "accuracy",
}
"""Ours → the field of paper.NoiseRow. Balanced accuracy is macro recall and the paper's "AUC"."""
NOT_RUN = "not run"


def table_1(stores: Mapping[str, CellStore], splits: Mapping[str, Split]) -> Table:
    """Cells of each part."""
    rows = []
    for fold, store in stores.items():
        counts = count(store.cells, splits[fold])
        for label in ("all", "hem"):
            ours = (*(counts[part][label] for part in PARTS), sum(counts[part][label] for part in PARTS))
            published = paper.TABLE_1.get(fold, {}).get(label)
            rows.append((fold, label.upper(), _slashed(ours), _slashed(published), _difference(ours, published)))
    return Table(name="table_1", columns=("fold", "class", "measured", "paper", "difference"), rows=tuple(rows))


def table_2(stores: Mapping[str, CellStore], splits: Mapping[str, Split], settings: TrainSettings) -> Table:
    """HEM in training, before and after balancing: counted in the batches' own sample."""
    rows = []
    for fold, store in stores.items():
        train = np.array(splits[fold].rows["train"], np.int64)
        labels = labels_of(store.cells)[train]
        after = balanced(train, labels, balance=settings.balance).labels
        ours = (int((labels == 0).sum()), int((after == 0).sum()))
        published = paper.TABLE_2.get(fold)
        rows.append((fold, _slashed(ours), _slashed(published), _difference(ours, published)))
    return Table(name="table_2", columns=("fold", "HEM before / after", "paper", "difference"), rows=tuple(rows))


def table_3(augmentation: Augmentation) -> Table:
    """Augmentation, from the settings that were used."""
    rows = tuple((name, str(value)) for name, value in asdict(augmentation).items())
    return Table(name="table_3", columns=("augmentation", "range"), rows=rows)


def table_4(settings: TrainSettings) -> Table:
    """Layers and parameters, counted on the network."""
    network = MobileNetM(
        dropout=settings.dropout, input_range=settings.input_range, bn_momentum=settings.bn_momentum, seed=0
    )
    rows = [_counted(name, output, number, paper.TABLE_4[name]) for name, output, number in layer_table(network)]
    moved, kept = trainable(network), non_trainable(network)
    rows.append(_counted("total", "", moved + kept, paper.TABLE_4_TOTAL))
    rows.append(_counted("trainable", "", moved, paper.TABLE_4_TRAINABLE))
    rows.append(_counted("non-trainable", "", kept, paper.TABLE_4_NON_TRAINABLE))
    return Table(name="table_4", columns=("layer", "output", "parameters", "paper", "difference"), rows=tuple(rows))


def table_5(settings: TrainSettings) -> Table:
    """Training settings, those that were used."""
    skipped = {"augmentation", "preprocess"}
    rows = tuple((name, str(value)) for name, value in asdict(settings).items() if name not in skipped)
    return Table(name="table_5", columns=("setting", "value"), rows=rows)


def tables_6_to_8(results: Sequence[Result]) -> list[Table]:
    """Noise tables of MobileNet_M, one for each fold."""
    return [_noise(result) for result in results if result.job.system.name == "mobilenet_m" and result.confusions]


def _noise(result: Result) -> Table:
    fold = result.job.fold
    published = paper.TABLES_6_TO_8.get(fold, {})
    rows = []
    for sigma in result.confusions:
        row = published.get(sigma)
        for figure, field in NOISE_FIGURES.items():
            theirs = None if row is None else float(getattr(row, field))
            rows.append((f"{sigma:g}", figure.replace("_", " "), *compared(result, figure, theirs, sigma)))
    columns = ("σ", "figure", "measured [95 %]", "paper", "difference")
    return Table(name=f"noise_fold_{fold}", columns=columns, rows=tuple(rows))


def table_9(results: Sequence[Result]) -> Table:
    """Ablation: MCN (imbalanced, not augmented) and MAC (MobileNet_M)."""
    rows = []
    for result in results:
        name, fold = result.job.system.name, result.job.fold
        if name not in ("mcn", "mobilenet_m"):
            continue
        published = dict(zip(paper.TABLE_9_ROWS, paper.TABLE_9.get(fold, {}).get(name, ()), strict=False))
        for figure in paper.TABLE_9_ROWS:
            label = "MCN" if name == "mcn" else "MAC"
            rows.append((fold, label, figure.replace("_", " "), *compared(result, figure, published.get(figure))))
    columns = ("fold", "model", "figure", "measured [95 %]", "paper", "difference")
    return Table(name="table_9", columns=columns, rows=tuple(rows))


def table_10(results: Sequence[Result]) -> Table:
    """Accuracy beside ALNett."""
    rows = []
    for result in results:
        published = paper.TABLE_10.get(result.job.system.name)
        if published is not None:
            beside = compared(result, "accuracy", published.get(result.job.fold))
            rows.append((result.job.fold, result.job.system.name, *beside))
    columns = ("fold", "system", "accuracy [95 %]", "paper", "difference")
    return Table(name="table_10", columns=columns, rows=tuple(rows))


def table_11(results: Sequence[Result]) -> Table:
    """F1 of the paper's three, each fold."""
    rows = []
    for result in results:
        name = result.job.system.name
        if name in paper.TABLE_11:
            beside = compared(result, "macro_f1", paper.TABLE_11[name])
            rows.append((result.job.fold, paper.TABLE_11_NAMES[name], name, *beside))
    columns = ("fold", "system", "here", "macro F1 [95 %]", "paper", "difference")
    return Table(name="table_11", columns=columns, rows=tuple(rows))


def comparison(results: Sequence[Result]) -> Table:
    """Every system on every fold, best first, each beside MobileNet_M on the same cells; those not run say why."""
    references = {r.job.fold: r for r in results if r.job.system.name == "mobilenet_m" and r.confusions}
    done = sorted((r for r in results if r.confusions), key=lambda r: (r.job.fold, -r.metric("accuracy")))
    rows = [
        (
            r.job.fold,
            r.job.system.name,
            r.job.system.source,
            r.shown("accuracy"),
            r.against(references[r.job.fold]) if references.get(r.job.fold, r) is not r else "",
            r.shown("macro_f1"),
            r.shown("balanced_accuracy"),
            f"{r.aurocs[0.0]:.3f}",
        )
        for r in done
    ]
    rows += [
        (r.job.fold, r.job.system.name, r.job.system.source, NOT_RUN, "", r.reason, "", "")
        for r in results
        if not r.confusions
    ]
    columns = (
        "fold",
        "system",
        "source",
        "accuracy [95 %]",
        "accuracy − MobileNet_M's [95 %]",
        "macro F1 [95 %]",
        "balanced accuracy [95 %]",
        "AUROC",
    )
    return Table(name="comparison", columns=columns, rows=tuple(rows))


def runs(results: Sequence[Result]) -> Table:
    """Where each figure comes from: the run's folder, its code, its start, and how long a network learnt."""
    rows = []
    for result in results:
        if not result.confusions:
            continue
        training: tuple[str, ...] = ("", "", "", "", "")
        if result.history and (settings := result.job.system.settings):
            minutes = sum(epoch.seconds for epoch in result.history) / 60
            kept = kept_epoch(result.history, settings).number
            training = (str(settings.seed), result.init, str(len(result.history)), str(kept), f"{minutes:.0f}")
        rows.append((result.job.folder.name, result.commit or "released", *training, ", ".join(result.fused_of)))
    columns = (
        "run: system, fold, key of settings and data",
        "code",
        "seed",
        "weights at the start",
        "epochs",
        "kept",
        "minutes of training",
        "made of",
    )
    return Table(name="runs", columns=columns, rows=tuple(rows))


def compared(result: Result, figure: str, theirs: float | None, sigma: float = 0.0) -> tuple[str, str, str]:
    published = "–" if theirs is None else f"{theirs:g}"
    if sigma not in result.confusions:
        return NOT_RUN, published, "–"
    difference = "–" if theirs is None else f"{result.metric(figure, sigma) - theirs:+.3f}"
    return result.shown(figure, sigma), published, difference


def _counted(name: str, output: str, ours: int, theirs: int) -> tuple[str, ...]:
    return name, output, f"{ours:,}", f"{theirs:,}", f"{ours - theirs:+d}"


def _slashed(numbers: Sequence[int] | None) -> str:
    return "–" if numbers is None else " / ".join(map(str, numbers))


def _difference(ours: Sequence[int], theirs: Sequence[int] | None) -> str:
    return "–" if theirs is None else " / ".join(f"{a - b:+d}" for a, b in zip(ours, theirs, strict=True))

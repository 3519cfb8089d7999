"""The systems that the paper compares itself with: Figure 9, published beside measured, what each costs, and which run
stands for a paper that used the same network."""

from collections.abc import Sequence

from leukolens.research import published as paper
from leukolens.research.evaluate.blocks import Table
from leukolens.research.makem2025.results import Result
from leukolens.research.makem2025.tables import NOT_RUN, compared

SAME: tuple[tuple[str, str, str, str], ...] = (
    ("Shafique & Tehsin 2018", "fine-tuned AlexNet", "alexnet", "C-NMC and two classes; they had ALL-IDB"),
    ("Claro et al. 2020", "a residual net", "resnet50", "ResNet-50; theirs is a smaller net of their own"),
    ("Claro et al. 2020", "an Xception-like net", "xception", "Xception itself; theirs is a smaller net of their own"),
    ("Nabilah et al. 2020", "VGG", "vgg16", "our schedule and augmentation"),
    ("Nabilah et al. 2020", "GoogLeNet", "googlenet", "our schedule and augmentation"),
    ("Nabilah et al. 2020", "AlexNet", "alexnet", "our schedule and augmentation"),
    ("Magpantay et al. 2022", "YOLO v3 on fields", "yolo_like", "our finder, and fields made of C-NMC's cells"),
    ("Rohaziat et al. 2022", "YOLO v5 on fields", "yolo_like", "our finder, and fields made of C-NMC's cells"),
)
"""Paper, what it used, the run here that is the same thing, and what differs."""
_FIGURES = {"balanced_accuracy": "recall", "macro_precision": "precision", "accuracy": "accuracy", "macro_f1": "F1"}


def figure_9(results: Sequence[Result]) -> Table:
    """Recall, precision, accuracy and F1 of the paper's five, macro averages."""
    rows = [
        (
            result.job.fold,
            result.job.system.name,
            *(result.shown(name) if result.confusions else NOT_RUN for name in _FIGURES),
        )
        for result in results
        if result.job.system.name in paper.FIGURE_9
    ]
    columns = ("fold", "system", *(f"{name} [95 %]" for name in _FIGURES.values()))
    return Table(name="figure_9", columns=columns, rows=tuple(rows))


def published(results: Sequence[Result]) -> Table:
    """Accuracies that were published on C-NMC beside those measured on the paper's split."""
    rows = [
        (result.job.fold, result.job.system.name, *compared(result, "accuracy", paper.ACCURACY[result.job.system.name]))
        for result in results
        if result.job.system.name in paper.ACCURACY
    ]
    columns = ("fold", "system", "accuracy [95 %]", "published", "difference")
    return Table(name="published", columns=columns, rows=tuple(rows))


def same(results: Sequence[Result]) -> Table:
    """Rows that point to the run that stands for a paper."""
    rows = []
    for source, used, name, differs in SAME:
        found = {r.job.fold: r.shown("accuracy") for r in results if r.job.system.name == name and r.confusions}
        told = "; ".join(f"fold {fold}: {shown}" for fold, shown in sorted(found.items())) or NOT_RUN
        rows.append((source, used, name, differs, told))
    columns = ("paper", "it used", "run here", "what differs", "accuracy [95 %]")
    return Table(name="same", columns=columns, rows=tuple(rows))


def costs(results: Sequence[Result]) -> Table:
    """Each network's cost beside its accuracy by image and on patients never seen."""
    rows = []
    for r in results:
        if r.cost is not None and r.confusions:
            cost = (
                f"{r.cost.parameters / 1e6:.2f}",
                f"{r.cost.giga_macs:.2f}",
                f"{r.cost.megabytes:.1f}",
                f"{r.cost.milliseconds:.1f}",
            )
            unseen = "–" if r.unseen is None else str(r.unseen)
            rows.append((r.job.fold, r.job.system.name, *cost, r.shown("accuracy"), unseen))
    columns = (
        "fold",
        "network",
        "parameters, 10⁶",
        "multiplications, 10⁹",
        "file, MB",
        "ms an image, one core",
        "accuracy by image [95 %]",
        "accuracy on patients never seen [95 %]",
    )
    return Table(name="costs", columns=columns, rows=tuple(rows))


def orders(results: Sequence[Result]) -> list[str]:
    """A sentence for each fold and each order that the paper gives: whether it is the same here."""
    found = []
    for fold in sorted({result.job.fold for result in results}):
        here = {r.job.system.name: r for r in results if r.job.fold == fold and r.confusions}
        found += [
            *_extremes(fold, {name: here[name].metric("accuracy") for name in paper.FIGURE_9 if name in here}),
            *_sequence(fold, "published accuracies", "accuracy", paper.ACCURACY, here),
            *_sequence(fold, "Table 11", "macro_f1", paper.TABLE_11, here),
        ]
    return found


def _extremes(fold: str, accuracy: dict[str, float]) -> list[str]:
    if len(accuracy) < 2:
        return []
    low, high = min(accuracy, key=accuracy.__getitem__), max(accuracy, key=accuracy.__getitem__)
    same = (low, high) == (paper.FIGURE_9_LOWEST, paper.FIGURE_9_HIGHEST)
    begin = "as in the paper" if same else "unlike the paper, which has googlenet lowest and mobilenet_m highest"
    lacking = len(paper.FIGURE_9) - len(accuracy)
    rest = f" ({lacking} of its {len(paper.FIGURE_9)} not run)" if lacking else ""
    return [
        f"Figure 9, fold {fold}: {begin}, {low} is lowest ({accuracy[low]:.3f}) and {high} highest "
        f"({accuracy[high]:.3f}){rest}."
    ]


def _sequence(fold: str, what: str, figure: str, theirs: dict[str, float], here: dict[str, Result]) -> list[str]:
    """Names from the highest to the lowest, the paper's and ours."""
    names = [name for name in theirs if name in here]
    if len(names) < 2:
        return []
    published = sorted(names, key=lambda name: -theirs[name])
    measured = sorted(names, key=lambda name: -here[name].metric(figure))
    told = " > ".join(f"{name} ({here[name].metric(figure):.3f})" for name in measured)
    same = "the paper's order" if published == measured else f"another order than the paper's {' > '.join(published)}"
    return [f"{what[0].upper()}{what[1:]}, fold {fold}: {told}: {same}."]

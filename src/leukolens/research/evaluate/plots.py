"""Confusion matrix and ROC curve, readable in greyscale."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from leukolens.base import atomic
from leukolens.research.evaluate.evaluate import Evaluation


def confusion(evaluation: Evaluation, path: Path) -> None:
    """Counts for the first σ."""
    figure = Figure(figsize=(3.2, 3))
    axes = figure.add_subplot()
    draw_confusion(axes, evaluation.rows[0].metrics.confusion)
    axes.set_title(f"σ {evaluation.rows[0].sigma:g}")
    atomic.write_png(path, figure)


def draw_confusion(axes: Axes, matrix: tuple[tuple[int, int], tuple[int, int]]) -> None:
    """Counts on greys; rows are the truth."""
    most = max(map(sum, matrix))
    axes.imshow(matrix, cmap="Greys", vmin=0, vmax=most * 1.3)
    for truth in (0, 1):
        for verdict in (0, 1):
            count = matrix[truth][verdict]
            shade = "white" if count > most / 2 else "black"
            axes.text(verdict, truth, str(count), ha="center", va="center", fontsize=13, color=shade)
    axes.set_xticks([0, 1], ["HEM", "ALL"])
    axes.set_yticks([0, 1], ["HEM", "ALL"])
    axes.set_xlabel("verdict")
    axes.set_ylabel("truth")


def roc(evaluation: Evaluation, path: Path) -> None:
    """One curve for each σ."""
    figure = Figure(figsize=(4, 4))
    axes = figure.add_subplot()
    for place, row in enumerate(evaluation.rows):
        false, true, _ = roc_curve(evaluation.labels, row.p_all)
        style = ("-", "--", "-.", ":")[place % 4]
        axes.plot(false, true, style, label=f"σ {row.sigma:g}: {row.metrics.auroc:.3f}")
    axes.set_xlabel("1 − specificity")
    axes.set_ylabel("sensitivity")
    axes.legend(title="AUROC", loc="lower right")
    atomic.write_png(path, figure)
